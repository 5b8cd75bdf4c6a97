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

    /// Takes over received descriptors. Fails, and closes all of them, if their number is wrong.
    package convenience init?(received descriptors: [Int32]) {
        guard descriptors.count == 3 else {
            for descriptor in descriptors { _ = FileDescriptor(owning: descriptor) }
            return nil
        }
        self.init(
            publicSide: FileDescriptor(owning: descriptors[0]), cluster: FileDescriptor(owning: descriptors[1]),
            admin: FileDescriptor(owning: descriptors[2]))
    }
}
