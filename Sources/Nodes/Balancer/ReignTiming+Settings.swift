internal import Cluster
internal import Settings

extension ReignTiming {
    init(_ settings: Settings) {
        self.init()
        drainMilliseconds = Int64(settings.drainSeconds) * 1000
    }
}
