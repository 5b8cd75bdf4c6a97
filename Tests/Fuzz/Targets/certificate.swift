import COpenSSL
import Cluster
import Sockets

@testable import TLSServer

/// Fuzzes the names in a peer's certificate. The input is the extension "subject alternative names" and, in some runs,
/// "extended key usage".
///
/// A name that is found is part of the certificate, byte for byte. The name contains no byte that two readers could
/// read differently. A node's name is written exactly as it was read.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzCertificate(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var input = FuzzedInput(start, count, steeringCount: 1)
    let usageCount = min(input.steer(), input.bytes.count)
    let usage = usageCount == 0 ? bothUsages : Array(input.bytes.suffix(usageCount))
    let names = Array(input.bytes.dropLast(usageCount))
    checkIdentity(String(decoding: names, as: UTF8.self))

    guard let certificate = X509_new() else { return 0 }
    defer { X509_free(certificate) }
    add(NID_ext_key_usage, usage, to: certificate)
    add(NID_subject_alt_name, names, to: certificate)
    let identity = PeerCertificate.identity(of: certificate)
    _ = OpenSSLError.drain()
    switch identity {
    case .anonymous: check(false, "a certificate is not nobody's")
    case .unusable(let reason): check(!reason.isEmpty, "no reason")
    case .uri(let uri):
        check(uri.utf8.allSatisfy { (0x21...0x7E).contains($0) }, "a name with odd bytes: \(uri)")
        check(names.contains(uri.utf8), "a name that is not there: \(uri)")
        checkIdentity(uri)
    }
    return 0
}

/// serverAuth and clientAuth in DER.
private let bothUsages: [UInt8] =
    [0x30, 0x14] + [0x06, 0x08, 0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01]
    + [0x06, 0x08, 0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02]

private func checkIdentity(_ uri: String) {
    guard let identity = NodeIdentity(uri: uri) else { return }
    check(identity.uri == uri, "\(uri) is written as \(identity.uri)")
    check(uri.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "a node with odd bytes: \(uri)")
    let again = NodeIdentity(cluster: identity.cluster, role: identity.role, id: identity.id)
    check(again == identity, "\(uri) is read as another node than its parts")
}

private func add(_ kind: Int32, _ bytes: [UInt8], to certificate: OpaquePointer) {
    guard let text = ASN1_OCTET_STRING_new() else { return }
    defer { ASN1_OCTET_STRING_free(text) }
    ASN1_OCTET_STRING_set(text, bytes, Int32(bytes.count))
    guard let found = X509_EXTENSION_create_by_NID(nil, kind, 0, text) else { return }
    defer { X509_EXTENSION_free(found) }
    X509_add_ext(certificate, found, -1)
}
