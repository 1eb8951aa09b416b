/*
 * A summary made by hand: two servers, of which one is called what no server should be, a client
 * stack and a certificate.
 */
#ifndef HT_TEST_SEEN_H
#define HT_TEST_SEEN_H

#include "report/summary.h"

/* A name with a quote, a comma, line ends, a command for terminals, a character that reorders, and
 * a byte that is not UTF-8. */
#define HOSTILE_NAME "=a\"b,c\r\nd\x1b[2J\xe2\x80\xae\xff"

extern const struct ht_summary_data seen;

#endif
