import Testing

@testable import Settings

@Suite struct EndpointsTests {
    @Test func `Places are a host and a port`() {
        #expect(Endpoints.places("127.0.0.1:7000") == [Endpoints.Place(host: "127.0.0.1", port: 7000)])
        #expect(Endpoints.places("[::1]:1,b:2")?.map(\.host) == ["::1", "b"])
        #expect(Endpoints.places((1...16).map { "a:\($0)" }.joined(separator: ",")) != nil)
        #expect(Endpoints.places("my_app.test:1") != nil)
        let wrong = [
            "a b:1", "a/b:1", "-a:1", ".a:1", "\(String(repeating: "a", count: 254)):1", "", "nowhere", "a:0",
            "a:65536", ":1", "a:1,", ",a:1", "a:1,,b:2", "a:+1",
        ]
        for text in wrong + [(1...17).map { "a:\($0)" }.joined(separator: ",")] {
            #expect(Endpoints.places(text) == nil, "\(text)")
        }
    }

    @Test func `An application is an http or h2c URL without a path`() {
        #expect(Endpoints.applicationPlace("http://a")?.place == Endpoints.Place(host: "a", port: 80))
        #expect(Endpoints.applicationPlace("http://[::1]/")?.place == Endpoints.Place(host: "::1", port: 80))
        #expect(Endpoints.applicationPlace("h2c://a:3000")?.speaksHTTP2 == true)
        for text in ["https://a", "a:1", "http://a:1/path", "http://a?b", "http://u@a", "http://", "http://a#b"] {
            #expect(Endpoints.applicationPlace(text) == nil, "\(text)")
        }
    }
}
