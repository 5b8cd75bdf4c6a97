/// A worker's address as a key: literal text and port.
struct WorkerAddress: Hashable, Sendable {
    let host: String
    let port: UInt16

    init(_ record: WorkerRecord) {
        host = record.host
        port = record.port
    }
}
