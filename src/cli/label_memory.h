/*
 * Memory for libndpi. Its tables, made once and kept to the end, are 80,000 pieces of some 50 bytes
 * and 3.8 MB, walked 40,000 times while they are made. The allocator adds a quarter for its headers
 * and spreads them over 1,200 pages; here they lie one after another in two large ones.
 */
#ifndef HT_CLI_LABEL_MEMORY_H
#define HT_CLI_LABEL_MEMORY_H

/* cli_label_memory_start is to be called once, before the first labeller is made; it takes no
 * memory before labels do. */
void cli_label_memory_start(void);

#endif
