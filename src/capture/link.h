/*
 * Link types have two numberings: LINKTYPE_ in files, the same everywhere, and libpcap's DLT_, of
 * which a few differ from one operating system to the next. https://www.tcpdump.org/linktypes.html
 */
#ifndef HT_CAPTURE_LINK_H
#define HT_CAPTURE_LINK_H

#include <stdint.h>

uint16_t ht_link_of_dlt(int dlt);
int ht_link_to_dlt(uint16_t link_type);

#endif
