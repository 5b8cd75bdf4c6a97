package import Sockets

/// The balancer's three listening sockets. Workers that may stand in get duplicates, so the ports stay open after the
/// balancer's death.
package final class Listeners: Sendable {
    package let publicSide: FileDescriptor
    package let cluster: FileDescriptor
    package let admin: FileDescriptor

    package init(
        publicSide: consuming FileDescriptor, cluster: consuming FileDescriptor, admin: consuming FileDescriptor
    ) {
        self.publicSide = publicSide
        self.cluster = cluster
        self.admin = admin
    }

    /// In the order of transfer.
    package var descriptors: [Int32] { [publicSide.rawValue, cluster.rawValue, admin.rawValue] }

    /// Takes over received descriptors. Fails if their number is wrong.
    package convenience init?(received descriptors: [ReceivedDescriptor]) {
        guard descriptors.count == 3 else { return nil }
        self.init(publicSide: descriptors[0].take(), cluster: descriptors[1].take(), admin: descriptors[2].take())
    }
}
