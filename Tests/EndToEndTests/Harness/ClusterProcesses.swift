import Foundation

/// The processes of a cluster that a test has started, and those that they have started themselves.
enum ClusterProcesses {
    /// Ends every one that has something of `folder` among its arguments, and looks into the logs there.
    ///
    /// - Parameter own: those that the test has started, to be reaped.
    static func end(all own: [SpawnedProcess?], in folder: String) {
        LogsOnFailure.keep()
        // A worker may start a balancer while it is being looked for: until nothing is found.
        _ = Patience.until {
            let processes = ProcessTable.withArgument(containing: folder)
            for process in processes { kill(process, SIGKILL) }
            return processes.isEmpty
        }
        for process in own { process?.end() }
        Sanitizer.check(logsIn: folder)
    }
}
