/* bowline.h and tvm-ffi's headers describe the same bytes: this program compares what layout.c makes of each. */
#include <stdio.h>
#include <string.h>

struct row {
  const char* what;
  size_t value;
};

extern const struct row layout_of_bowline_h[];
extern const struct row layout_of_c_api_h[];

int main(void) {
  int rows = 0, wrong = 0;
  for (; layout_of_bowline_h[rows].what && layout_of_c_api_h[rows].what; ++rows) {
    struct row ours = layout_of_bowline_h[rows], theirs = layout_of_c_api_h[rows];
    if (strcmp(ours.what, theirs.what) != 0 || ours.value != theirs.value) {
      printf("%s is %zu, and %s %zu in c_api.h\n", ours.what, ours.value, theirs.what, theirs.value);
      ++wrong;
    }
  }
  if (layout_of_bowline_h[rows].what || layout_of_c_api_h[rows].what || rows < 100) {
    printf("the tables end after %d rows\n", rows);
    ++wrong;
  }
  printf("%d sizes, offsets and indices, %d different\n", rows, wrong);
  return wrong != 0;
}
