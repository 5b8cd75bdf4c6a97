internal import Cluster

/// Health checks of workers and of their applications, and ejection.
enum HealthSettings: SettingSection {
    static func title(for program: Settings.Program) -> String {
        switch program {
        case .balancer: "Health of workers"
        case .worker: "Health of the application"
        }
    }

    static let rows = ofWorkers.only(.balancer).reaching(.cluster).live + ofApplication.only(.worker).live

    private static let ofApplication: [Setting] = [
        .text(
            "health-path", \.worker.healthPath,
            SettingText(
                valueName: "path",
                wanted: "a path such as /up: at most \(longestPath) bytes of printable ASCII, without spaces and #",
                accepts: isPath), unset: "none",
            "With --forward: ask the application for this path every second. Without it a check only opens a connection"
        ),
        .text(
            "health-host", \.worker.healthHost,
            SettingText(
                valueName: "host", wanted: "a host such as app.example.com, perhaps with a port", accepts: isHost),
            unset: "that of --forward",
            "The host that the health check names in its request"),
        .value(
            "health-status", \.worker.healthStatuses, valueName: "status",
            wanted: "a status from 200 to 599, or a range of them such as 200-399",
            "The statuses of a healthy application"),
        .time(
            "health-timeout", \.worker.healthTimeoutMilliseconds, from: 10,
            "The time limit for a health check of the application"),
    ]

    private static let longestPath = 1024
    private static let longestHost = 261

    private static func isPath(_ text: String) -> Bool {
        text.hasPrefix("/") && text.utf8.count <= longestPath
            && text.utf8.allSatisfy { 0x21...0x7E ~= $0 && $0 != UInt8(ascii: "#") }
    }

    private static func isHost(_ text: String) -> Bool {
        (1...longestHost).contains(text.utf8.count)
            && text.unicodeScalars.allSatisfy {
                $0.isASCII && ($0.properties.isAlphabetic || "0"..."9" ~= $0 || "-._~:[]".unicodeScalars.contains($0))
            }
    }

    private static let ofWorkers: [Setting] = [
        .time(
            "probe-interval", \.cluster.probeIntervalMilliseconds, from: 10,
            "The time between two probes of a worker, plus or minus a tenth"),
        .time("probe-timeout", \.cluster.probeTimeoutMilliseconds, from: 10, "The response to a probe"),
        .count("probe-fall", \.cluster.fall, 1...100, "Failed probes in a row that eject a worker"),
        .count("probe-rise", \.cluster.rise, 1...100, "Passed probes in a row that readmit a worker"),
        .count(
            "eject-failures", \.cluster.requestFailuresToEject, 1...1000,
            "Failed requests in a row that eject a worker"),
        .time(
            "eject-time", \.cluster.ejectionMilliseconds, from: 10,
            "The time for which failed requests eject a worker the first time. The nth time is n times as long"),
        .time(
            "eject-time-max", \.cluster.ejectionMaximumMilliseconds, from: 10,
            "The longest ejection for failed requests"),
    ]
}
