internal import Sockets

/// The present start of the kernel. All containers of a machine share it, and no other machine has it.
enum KernelStart {
    /// Empty if /proc does not show it.
    static let present: String = {
        let text = String(decoding: WholeFile.read("/proc/sys/kernel/random/boot_id") ?? [], as: UTF8.self)
        return text.split(separator: "\n").first.map(String.init) ?? ""
    }()
}
