/*
 * How libcrypto starts.
 */
#ifndef HT_CRYPTO_START_H
#define HT_CRYPTO_START_H

/* ht_crypto_start starts libcrypto without the configuration of the machine, which could make the
 * same capture tell another story, and without a clean-up when the process ends. Both take time,
 * too. To be called before libcrypto is first used, which else starts in its own way. */
void ht_crypto_start(void);

#endif
