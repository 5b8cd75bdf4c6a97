/// Every setting of both programs.
package enum SettingTable {
    /// In the order in which help and documents show them.
    package static let sections: [any SettingSection.Type] = [
        ProcessSettings.self, MembershipSettings.self, StoreSettings.self, ConnectionSettings.self,
        MessageSettings.self, HTTP2Settings.self, BalancingSettings.self, HealthSettings.self, FailoverSettings.self,
    ]

    private static let balancer = index(of: .balancer)
    private static let worker = index(of: .worker)

    private static func index(of program: Settings.Program) -> [String: Setting] {
        var rows: [String: Setting] = [:]
        for row in sections.flatMap({ $0.rows(of: program) }) {
            let earlier = rows.updateValue(row, forKey: row.name)
            precondition(earlier == nil, "two settings have the name \(row.name)")
        }
        return rows
    }

    /// The rows of a program by name.
    package static func rows(of program: Settings.Program) -> [String: Setting] {
        switch program {
        case .balancer: balancer
        case .worker: worker
        }
    }

    /// The name of a program's setting that is most like `name`; nil if none is alike.
    static func nearest(to name: String, of program: Settings.Program) -> String? {
        let most = max(1, name.count / 3)
        let near = rows(of: program).keys.map { (distance: distance(Array(name.utf8), Array($0.utf8)), name: $0) }
        return near.filter { $0.distance <= most }.min { $0 < $1 }?.name
    }

    /// The number of bytes to insert, remove or replace that turns one name into the other (Levenshtein).
    private static func distance(_ first: [UInt8], _ second: [UInt8]) -> Int {
        var row = Array(0...second.count)
        for (i, byte) in first.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in second.enumerated() {
                let above = row[j + 1]
                row[j + 1] = min(above + 1, row[j] + 1, diagonal + (byte == other ? 0 : 1))
                diagonal = above
            }
        }
        return row[second.count]
    }
}
