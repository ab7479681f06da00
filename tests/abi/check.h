/* What the programs of this folder check by. */
#ifndef CHECK_H_
#define CHECK_H_

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Defined where `main` is. */
extern int checks, failures;
/* Whether the library is tvm-ffi's: a few checks are about what is bowline's own. */
extern int on_reference;

#define CHECK(condition)                                                \
  do {                                                                  \
    ++checks;                                                           \
    if (!(condition)) {                                                 \
      ++failures;                                                       \
      printf("%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);    \
    }                                                                   \
  } while (0)

static inline int finish(const char* program, int least) {
  if (checks < least) {
    printf("%s: only %d checks ran\n", program, checks);
    return 1;
  }
  printf("%s: %d checks, %d failed\n", program, checks, failures);
  return failures != 0;
}

#endif
