private import Glibc
internal import Telemetry

/// The process's limit of open descriptors.
package enum DescriptorLimit {
    /// The process uses no more descriptors than this, so that no sum overflows.
    private static let most = 2_000_000

    /// Raises the soft limit to the hard limit.
    ///
    /// - Returns: the limit in force after that.
    package static func raise() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        return min(Int(clamping: limit.rlim_cur), most)
    }

    /// The descriptors of the process itself: logs, the lock, listeners, signals, the state directory, child processes, and four
    /// for each loop.
    static func ownUse(loops: Int) -> Int { 32 + 4 * loops }

    static func shortfall(_ text: String) -> String {
        "the limit of open files is too low: \(text): raise it (ulimit -n, or LimitNOFILE in a unit)"
    }

    static func tooFew(_ limit: Int, needed: Int, for what: String) -> CommandError {
        .failure(
            "the limit of open files is \(limit), and \(what) needs \(needed) at least: raise it (ulimit -n, or LimitNOFILE in a unit)"
        )
    }
}
