/// Divides a bounded amount, such as bytes or connections, among the sources of requests. Belongs to one loop.
///
/// A source may use a half. When three quarters are used, only sources with an eighth or less get more. So a few sources
/// can't use up everything.
package final class SourceShares {
    package let limit: Int
    package private(set) var used = 0
    private var held: [SourceKey: Int] = [:]

    package init(limit: Int) { self.limit = limit }

    /// Reserves a part of the amount.
    ///
    /// - Parameter source: nil if it is unknown; then only the whole amount is a limit.
    /// - Returns: false if there is too little left for this source; then nothing is reserved.
    package func reserve(_ count: Int, for source: SourceKey?) -> Bool {
        guard count <= limit - used else { return false }
        if let source {
            let own = held[source, default: 0] + count
            guard own <= max(1, limit / 2), used + count <= limit - limit / 4 || own <= max(1, limit / 8) else {
                return false
            }
            held[source] = own
        }
        used += count
        return true
    }

    /// Returns what was reserved for the source.
    package func release(_ count: Int, of source: SourceKey?) {
        used -= count
        guard let source, let own = held[source] else { return }
        held[source] = own > count ? own - count : nil
    }
}
