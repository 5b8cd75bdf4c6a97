import Foundation
import Sockets
import Testing

@Suite struct PathComponentsTests {
    @Test(arguments: [
        ("/a/b", ["a", "b"]), ("//a///b/", ["a", "b"]), ("/a/./b/.", ["a", "b"]), ("/a/../b", ["a", "..", "b"]),
        ("/", []),
    ]) func `The components of a path from the root`(path: String, components: [String]) {
        #expect(PathComponents.reversedFromRoot(to: path) == components.reversed())
    }

    /// A relative target of a link begins at the directory of the link, which only the walk knows.
    @Test func `Only a whole path begins at the current directory`() {
        let folder = FileManager.default.currentDirectoryPath.split(separator: "/").map(String.init)
        #expect(PathComponents.reversedFromRoot(to: "a/../b") == (folder + ["a", "..", "b"]).reversed())
        #expect(PathComponents.reversed(of: "a/../b") == ["b", "..", "a"])
    }
}
