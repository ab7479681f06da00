/* Calls every function of the C ABI: values, errors, counts, both ways.
 *
 *   program PLUGIN [reference]      with the path of the library of plugin.c
 *
 * With `reference` what is bowline's own is left out, for tvm-ffi's library. */
#include "check.h"
#include "parts.h"

int checks, failures, on_reference;

int main(int count, char** arguments) {
  if (count < 2) return 2;
  on_reference = count > 2 && strcmp(arguments[2], "reference") == 0;
  test_objects();
  test_functions();
  test_types();
  test_environment(arguments[1]);
  return finish("program", 350);
}
