package import Connections
package import Sockets

/// Makes the task exchanges of one loop.
///
/// The tasks are what a worker does by itself, without an application behind it; `TaskRequest` lists them.
package final class TaskService: Service {
    /// What `GET /` answers.
    let greeting: [UInt8]
    let loop: EventLoop
    let files: SharedFile
    /// What the exchanges of this loop may hold together.
    let budget = MemoryBudget(limit: TaskLimits.heldBytes)

    /// - Parameters:
    ///   - name: the worker's, as `GET /` tells it: `worker-8001`.
    ///   - loop: the one whose connections are served.
    ///   - files: shared with the services of the other loops.
    package init(name: String, loop: EventLoop, files: SharedFile) {
        greeting = Array("\(name)\n".utf8)
        self.loop = loop
        self.files = files
    }

    package func makeExchange(on downstream: any Downstream) -> any Exchange {
        TaskExchange(on: downstream, service: self)
    }
}
