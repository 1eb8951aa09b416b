/* What libFuzzer calls. */
#ifndef HT_TEST_FUZZ_H
#define HT_TEST_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#endif
