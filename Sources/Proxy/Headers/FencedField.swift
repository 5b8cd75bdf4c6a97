internal import Cluster
internal import HTTP

/// The field with which a worker refuses a request of an earlier reign, on a 409: `understudy-fenced: EPOCH`, and `understudy-balancer:
/// HOST:PORT` if it knows the address of the later balancer. These are the worker's claims, and nothing more.
struct FencedField {
    let epoch: UInt64
    let address: BalancerAddress?

    /// Nil if the response names no epoch.
    init?(of head: borrowing ResponseHead, _ bytes: UnsafeBufferPointer<UInt8>) {
        var epoch: UInt64?
        var address: BalancerAddress?
        for field in head.fields where field.known == .understudy {
            let name = field.name.in(bytes)
            if name.isFieldName("understudy-fenced") {
                epoch = DecimalValue.read(field.value.in(bytes))
            } else if name.isFieldName("understudy-balancer") {
                address = BalancerAddress(String(decoding: field.value.in(bytes), as: UTF8.self))
            }
        }
        guard let epoch else { return nil }
        self.epoch = epoch
        self.address = address
    }
}
