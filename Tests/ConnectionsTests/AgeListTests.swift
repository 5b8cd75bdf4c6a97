import Testing

@testable import Connections

@Suite struct AgeListTests {
    private static func all(_ list: AgeList<Int>) -> [Int] {
        var rest = list
        var found: [Int] = []
        while let oldest = rest.removeOldest() { found.append(oldest) }
        return found
    }

    /// Compares the list with an array.
    @Test func elementsComeAndGoInAnyOrder() {
        var list = AgeList<Int>()
        var model: [(index: Int, element: Int)] = []
        var state: UInt64 = 7
        for step in 0..<5000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let random = Int(state >> 33)
            if model.isEmpty || random % 5 < 3 && model.count < 100 {
                model.append((list.append(step), step))
            } else {
                list.remove(model.remove(at: random % model.count).index)
            }
            #expect(list.count == model.count)
            #expect(AgeListTests.all(list) == model.map(\.element))
        }
    }
}
