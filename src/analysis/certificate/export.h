/* Certificates written to a folder. Not for use outside this folder. */
#ifndef HT_ANALYSIS_CERTIFICATE_EXPORT_H
#define HT_ANALYSIS_CERTIFICATE_EXPORT_H

#include "base/bytes.h"

/* certificate_export writes the DER as PEM to <sha256>.pem in the open folder `folder`; what is
 * there already stays. False with errno where it could not be written whole, and then it is not
 * there. */
bool certificate_export(int folder, struct ht_bytes sha256, struct ht_bytes der);

#endif
