/* OpenSSL 3 for Swift: its headers, and functions in place of its macros. */
#ifndef UNDERSTUDY_COPENSSL_SHIM_H
#define UNDERSTUDY_COPENSSL_SHIM_H

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

static inline long shim_ctx_set_min_proto_version(SSL_CTX *ctx, int version) {
    return SSL_CTX_set_min_proto_version(ctx, version);
}
static inline long shim_ctx_set_max_proto_version(SSL_CTX *ctx, int version) {
    return SSL_CTX_set_max_proto_version(ctx, version);
}
/* Options are unsigned 64-bit macros that Swift does not import. */
static const uint64_t shim_op_no_renegotiation = SSL_OP_NO_RENEGOTIATION;
static const uint64_t shim_op_no_compression = SSL_OP_NO_COMPRESSION;
static const uint64_t shim_op_server_preference = SSL_OP_CIPHER_SERVER_PREFERENCE;
static const uint64_t shim_op_prioritize_chacha = SSL_OP_PRIORITIZE_CHACHA;
static const uint64_t shim_op_no_ticket = SSL_OP_NO_TICKET;
static inline long shim_ctx_set_mode(SSL_CTX *ctx, long mode) { return SSL_CTX_set_mode(ctx, mode); }
static inline void shim_ssl_set_read_ahead(SSL *ssl, int yes) { SSL_set_read_ahead(ssl, yes); }
static inline long shim_ctx_set_session_cache_mode(SSL_CTX *ctx, long mode) {
    return SSL_CTX_set_session_cache_mode(ctx, mode);
}
static inline long shim_ctx_set_groups_list(SSL_CTX *ctx, const char *groups) {
    return SSL_CTX_set1_groups_list(ctx, groups);
}
static inline long shim_ctx_set_sigalgs_list(SSL_CTX *ctx, const char *algorithms) {
    return SSL_CTX_set1_sigalgs_list(ctx, algorithms);
}
static inline long shim_ssl_set_tlsext_host_name(SSL *ssl, const char *name) {
    return SSL_set_tlsext_host_name(ssl, name);
}
static inline long shim_ctx_set_ticket_keys(SSL_CTX *ctx, void *keys, long length) {
    return SSL_CTX_set_tlsext_ticket_keys(ctx, keys, length);
}
static inline unsigned long shim_err_get_error(const char **data, int *flags) {
    return ERR_get_error_all(NULL, NULL, NULL, data, flags);
}
/* The error code that OpenSSL's own record layer would report for an alert of the peer. */
static inline unsigned long shim_err_pack_alert(int alert) { return ERR_PACK(ERR_LIB_SSL, 0, SSL_AD_REASON_OFFSET + alert); }
/* Sets the nonce of a GCM context that has its key, and, to decrypt, the expected tag (NULL to encrypt). Returns 1, or 0
 * after a failure. Costs a third of EVP_CipherInit_ex2 with a nonce, which asks the provider for the nonce's length each time.
 * The length -1 stands for the whole nonce, see EVP_CTRL_GCM_SET_IV_FIXED in EVP_EncryptInit(3). */
static inline int shim_gcm_set_nonce(EVP_CIPHER_CTX *ctx, void *nonce, void *tag, size_t tag_size) {
    OSSL_PARAM params[3] = {
        OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TLS1_IV_FIXED, nonce, (size_t)-1),
        OSSL_PARAM_construct_end(),
        OSSL_PARAM_construct_end(),
    };
    if (tag != NULL) params[1] = OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, tag_size);
    return EVP_CIPHER_CTX_set_params(ctx, params);
}
/* Creates an HMAC over the named hash. Free it with EVP_MAC_CTX_free. Returns NULL after a failure. */
static inline EVP_MAC_CTX *shim_hmac_new(const char *hash) {
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)hash, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);
    EVP_MAC_free(mac);
    if (ctx != NULL && EVP_MAC_CTX_set_params(ctx, params) == 1) return ctx;
    EVP_MAC_CTX_free(ctx);
    return NULL;
}
static inline int shim_err_reason(unsigned long code) { return ERR_GET_REASON(code); }
static inline int shim_err_library(unsigned long code) { return ERR_GET_LIB(code); }
static inline int shim_general_names_count(const GENERAL_NAMES *names) { return sk_GENERAL_NAME_num(names); }
static inline GENERAL_NAME *shim_general_names_value(const GENERAL_NAMES *names, int index) {
    return sk_GENERAL_NAME_value(names, index);
}
static inline int shim_certificates_count(const STACK_OF(X509) *certificates) { return sk_X509_num(certificates); }
static inline X509 *shim_certificates_value(const STACK_OF(X509) *certificates, int index) {
    return sk_X509_value(certificates, index);
}
static inline void shim_certificates_free(STACK_OF(X509) *certificates) { sk_X509_pop_free(certificates, X509_free); }
static inline int shim_oids_count(const EXTENDED_KEY_USAGE *oids) { return sk_ASN1_OBJECT_num(oids); }
static inline ASN1_OBJECT *shim_oids_value(const EXTENDED_KEY_USAGE *oids, int index) {
    return sk_ASN1_OBJECT_value(oids, index);
}

#endif
