/* The parts of the program, each in a file of its own. */
#ifndef PARTS_H_
#define PARTS_H_

void test_objects(void);
void test_functions(void);
void test_types(void);
void test_environment(const char* library);

#endif
