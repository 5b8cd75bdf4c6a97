package import Connections
package import Sockets

/// Makes the task exchanges of one loop.
///
/// A worker without an application serves the built-in tasks, which `TaskRequest` lists.
package final class TaskService: Service {
    /// The response content of `GET /`.
    let greeting: [UInt8]
    let loop: EventLoop
    let files: SharedFile
    /// Bounds the memory that the exchanges of this loop hold together, and the share of each client in it.
    let budget = SourceShares(limit: TaskLimits.heldBytes)

    /// - Parameters:
    ///   - name: the worker's name in the response to `GET /`, such as `worker-8001`.
    ///   - loop: the event loop whose connections this service serves.
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
