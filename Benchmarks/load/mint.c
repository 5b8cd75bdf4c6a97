// mint: makes worker certificates for thousands of nodes, like certs/make-certs but faster.
//
//     mint CERTS CLUSTER FIRST COUNT
//
// CERTS holds ca.pem and ca.key. It writes nodes/worker-N/worker.pem and worker.key for N from FIRST on, each with a key of its own, valid for
// 127.0.0.1 and for a day. It does not update the CA's index: use it for the folder of a benchmark only.
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static void die(const char *what) {
    perror(what);
    exit(1);
}

static FILE *open_file(const char *folder, const char *name, const char *mode) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, mode);
    if (!file) die(path);
    return file;
}

static void extend(X509 *leaf, X509 *issuer, int kind, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, leaf, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
    if (!extension || !X509_add_ext(leaf, extension, -1)) die(value);
    X509_EXTENSION_free(extension);
}

static X509 *sign(X509 *issuer, EVP_PKEY *issuer_key, EVP_PKEY *key, const char *cluster, long number) {
    X509 *leaf = X509_new();
    char names[512];
    unsigned char serial[16];
    X509_set_version(leaf, 2);
    RAND_bytes(serial, sizeof serial);
    serial[0] &= 0x7f;
    BIGNUM *big = BN_bin2bn(serial, sizeof serial, NULL);
    BN_to_ASN1_INTEGER(big, X509_get_serialNumber(leaf));
    BN_free(big);
    X509_gmtime_adj(X509_getm_notBefore(leaf), -300);
    X509_gmtime_adj(X509_getm_notAfter(leaf), 86400);
    snprintf(names, sizeof names, "worker-%ld", number);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(leaf), "CN", MBSTRING_ASC, (unsigned char *)names, -1, -1, 0);
    X509_set_issuer_name(leaf, X509_get_subject_name(issuer));
    X509_set_pubkey(leaf, key);
    snprintf(names, sizeof names, "URI:spiffe://%s/worker/worker-%ld,DNS:localhost,IP:127.0.0.1,IP:::1", cluster, number);
    extend(leaf, issuer, NID_basic_constraints, "critical,CA:FALSE");
    extend(leaf, issuer, NID_key_usage, "critical,digitalSignature");
    extend(leaf, issuer, NID_ext_key_usage, "serverAuth,clientAuth");
    extend(leaf, issuer, NID_subject_alt_name, names);
    extend(leaf, issuer, NID_authority_key_identifier, "keyid");
    if (!X509_sign(leaf, issuer_key, EVP_sha256())) die("X509_sign");
    return leaf;
}

int main(int count, char **words) {
    if (count != 5) {
        fprintf(stderr, "usage: mint CERTS CLUSTER FIRST COUNT\n");
        return 2;
    }
    umask(077);
    FILE *file = open_file(words[1], "ca.pem", "r");
    X509 *issuer = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    file = open_file(words[1], "ca.key", "r");
    EVP_PKEY *issuer_key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    fclose(file);
    if (!issuer || !issuer_key) die("the CA");
    long first = atol(words[3]), end = first + atol(words[4]);
    for (long number = first; number < end; number++) {
        EVP_PKEY *key = EVP_EC_gen("P-256");
        X509 *leaf = sign(issuer, issuer_key, key, words[2], number);
        char folder[4096];
        snprintf(folder, sizeof folder, "%s/nodes/worker-%ld", words[1], number);
        if (mkdir(folder, 0700)) die(folder);
        file = open_file(folder, "worker.pem", "w");
        PEM_write_X509(file, leaf);
        fclose(file);
        file = open_file(folder, "worker.key", "w");
        PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
        fclose(file);
        X509_free(leaf);
        EVP_PKEY_free(key);
    }
    return 0;
}
