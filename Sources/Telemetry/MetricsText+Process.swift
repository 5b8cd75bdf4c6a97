private import Glibc

extension MetricsText {
    /// Adds what Prometheus' client libraries report of every process, under their names. A value that the kernel does not
    /// give is left out.
    package mutating func addProcess() {
        if let nanoseconds = MetricsText.time(CLOCK_PROCESS_CPUTIME_ID) {
            single(
                "process_cpu_seconds_total", "counter", "Processor time of the process, user and system.",
                MetricsText.seconds(nanoseconds))
        }
        if let bytes = MetricsText.residentBytes {
            single("process_resident_memory_bytes", "gauge", "Resident memory of the process.", bytes)
        }
        if let count = MetricsText.openDescriptors {
            single("process_open_fds", "gauge", "Open file descriptors.", count)
        }
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            single("process_max_fds", "gauge", "The limit of open file descriptors.", limit.rlim_cur)
        }
        if let nanoseconds = MetricsText.startTime {
            single(
                "process_start_time_seconds", "gauge", "When the process began, since 1970.",
                MetricsText.seconds(nanoseconds))
        }
    }

    /// Nanoseconds since 1970; computed once, because later the wall clock may have moved.
    private static let startTime: UInt64? = {
        // proc_pid_stat(5): the name in parentheses may hold spaces; field 22 is the start in ticks since the boot.
        guard let text = contents("/proc/self/stat"), let end = text.lastIndex(of: ")"),
            let wall = time(CLOCK_REALTIME), let sinceBoot = time(CLOCK_BOOTTIME)
        else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        let ticksPerSecond = UInt64(clamping: sysconf(Int32(_SC_CLK_TCK)))
        guard fields.count > 19, let ticks = UInt64(fields[19]), (1...1_000_000_000).contains(ticksPerSecond) else {
            return nil
        }
        let start = ticks.multipliedFullWidth(by: 1_000_000_000 / ticksPerSecond).low
        return wall &- (sinceBoot &- min(start, sinceBoot))
    }()

    /// proc_pid_statm(5): the second number counts resident pages.
    private static var residentBytes: UInt64? {
        guard let fields = contents("/proc/self/statm")?.split(separator: " "), fields.count > 1 else { return nil }
        return UInt64(fields[1]).map { $0 &* UInt64(clamping: sysconf(Int32(_SC_PAGESIZE))) }
    }

    /// Without the descriptor that this count itself needs.
    private static var openDescriptors: Int? {
        guard let directory = opendir("/proc/self/fd") else { return nil }
        defer { closedir(directory) }
        var count = -1
        while let entry = readdir(directory) {
            // The only names that are no numbers are `.` and `..`.
            if entry.pointee.d_name.0 != CChar(UInt8(ascii: ".")) { count += 1 }
        }
        return max(count, 0)
    }

    private static func time(_ clock: clockid_t) -> UInt64? {
        var time = timespec()
        guard clock_gettime(clock, &time) == 0 else { return nil }
        return UInt64(clamping: time.tv_sec) &* 1_000_000_000 &+ UInt64(clamping: time.tv_nsec)
    }

    /// The beginning of a small file of `/proc`.
    private static func contents(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1024)
        let count = read(descriptor, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
    }
}
