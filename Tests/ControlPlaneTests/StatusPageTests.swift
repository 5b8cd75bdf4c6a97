import Cluster
import Storage
import Testing

@testable import ControlPlane

@Suite struct StatusPageTests {
    private static let page = String(decoding: StatusPage.content(nonce: "word"), as: UTF8.self)

    @Test func `The page is one file without outside parts, below 100 KiB`() {
        #expect(Self.page.utf8.count < 100 << 10)
        for part in ["src=", "@import", "url(", "http://", "https://"] {
            let found = Self.page.replacing("http://www.w3.org/2000/svg", with: "").contains(part)
            #expect(!found, "\(part)")
        }
    }

    /// Only the two elements of the page itself carry the nonce.
    @Test func `The policy permits the page's own style and script only`() {
        #expect(Self.page.ranges(of: "nonce=\"word\"").count == 2)
        for place in ["NONCE", "/* STYLE */", "/* SCRIPT */"] { #expect(!Self.page.contains(place)) }
        #expect(Self.page.ranges(of: "<script").count == 1 && Self.page.ranges(of: "<style").count == 1)
        #expect(!Self.page.contains(" style=\"") && !Self.page.contains(" onclick="))
        #expect(StatusPage.makeNonce() != StatusPage.makeNonce())
    }

    /// Names and reasons come from peers. Each of these would parse them as HTML or as a program.
    @Test(arguments: ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "DOMParser"])
    func `The script writes texts, never HTML`(function: String) {
        #expect(!StatusPage.script.contains(function))
    }

    @Test func `An event has a bounded number of workers, those in trouble first`() throws {
        let row = StatusReport.Worker(
            id: "", address: "::1", port: 1, state: .ready, inFlight: 0, requestsTotal: 0, failuresTotal: 0)
        let workers = (0..<1000).map { index in
            var row = row
            row.id = "w\(index)"
            if index == 900 {
                row.state = .ejected
                row.reason = "\n\ndata: <b>\u{202e}\"" + String(repeating: "x", count: 5000)
            }
            return row
        }
        let view = AdminView(
            status: StatusReport(
                role: "balancer", id: "b", epoch: 1, pid: 1, uptimeSeconds: 2, version: "3", workers: workers),
            expiries: [])
        let event = PageEvent(of: view, TrafficSample(), TrafficWindow(), unixMilliseconds: 0)
        #expect(event.workers.count == PageEvent.maximumWorkers)
        #expect(event.hiddenWorkers == 1000 - PageEvent.maximumWorkers)
        #expect(event.workers.first?.id == "w900")
        #expect(event.workers.first?.address == "[::1]:1")
        #expect(event.services.first?.workers == 1000 && event.services.first?.ready == 999)
        // One event is one line of the stream, whatever a worker's reason holds.
        let text = String(decoding: event.text, as: UTF8.self)
        #expect(text.hasPrefix("data: {") && text.hasSuffix("}\n\n"))
        #expect(text.utf8.count { $0 == UInt8(ascii: "\n") } == 2)
        #expect(text.utf8.count < 64 << 10)
        let reason = try #require(event.workers.first?.reason)
        #expect(reason.count == PageEvent.maximumReason)
    }
}
