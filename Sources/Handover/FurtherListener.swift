package import Sockets

/// A listening socket that a balancer may have besides its three `Listeners`, such as that of `--metrics-host`.
///
/// No takeover waits for it: a balancer that gets none binds the address itself. It travels in messages of its own, which a
/// process has to ask for, so processes of earlier versions never see one.
package final class FurtherListener: Sendable {
    /// The purpose of the socket. A later version may have names that this one does not know.
    package enum Name: String, Sendable {
        case metrics
    }

    package let name: String
    package let socket: FileDescriptor

    package init(_ name: Name, _ socket: consuming FileDescriptor) {
        self.name = name.rawValue
        self.socket = socket
    }

    private init(received name: String, _ descriptor: ReceivedDescriptor) {
        self.name = name
        socket = descriptor.take()
    }

    /// Takes over received descriptors. Takes and returns none if their number is not that of the names.
    package static func received(_ names: [String], _ descriptors: [ReceivedDescriptor]) -> [FurtherListener] {
        guard names.count == descriptors.count else { return [] }
        return zip(names, descriptors).map { FurtherListener(received: $0, $1) }
    }
}

extension [FurtherListener] {
    package var names: [String] { map(\.name) }
    package var descriptors: [Int32] { map { $0.socket.rawValue } }

    package subscript(name: FurtherListener.Name) -> FurtherListener? { first { $0.name == name.rawValue } }
}
