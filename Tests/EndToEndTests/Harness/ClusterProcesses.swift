import Foundation

/// The processes of a test's cluster: those that the test started, and those that they started.
enum ClusterProcesses {
    /// Ends every process with a path in `folder` among its arguments, and checks the logs there.
    ///
    /// - Parameter own: the processes that the test started and has to reap.
    static func end(all own: [SpawnedProcess?], in folder: String) {
        LogsOnFailure.keep()
        // A worker may start a balancer during the search, so the search repeats until it finds no process.
        _ = Patience.until {
            let processes = ProcessTable.withArgument(containing: folder)
            for process in processes { kill(process, SIGKILL) }
            return processes.isEmpty
        }
        for process in own { process?.end() }
        Sanitizer.check(logsIn: folder)
    }
}
