import Testing

@testable import Cluster

@Suite struct EpochReservationTests {
    @Test(arguments: [true, false])
    func `A written reservation is read again`(isConfirmed: Bool) {
        let reservation = EpochReservation(bound: Epoch(257), boot: "a", isConfirmed: isConfirmed)
        #expect(EpochReservation(reservation.bytes) == reservation)
        #expect(reservation.covers(Epoch(257), in: "a") == isConfirmed)
        #expect(!reservation.covers(Epoch(258), in: "a"))
    }

    @Test func `The boot mark confirms a reservation`() {
        let reservation = EpochReservation(above: Epoch(1), boot: "a")
        var bytes = reservation.bytes
        let (mark, offset) = reservation.confirmation
        bytes.replaceSubrange(offset..<offset + mark.count, with: mark)
        #expect(EpochReservation(bytes) == EpochReservation(bound: Epoch(257), boot: "a", isConfirmed: true))
    }

    @Test func `A reservation of another boot covers nothing`() {
        #expect(!EpochReservation(bound: Epoch(9), boot: "a", isConfirmed: true).covers(Epoch(1), in: "b"))
        #expect(!EpochReservation(bound: Epoch(9), boot: "", isConfirmed: true).covers(Epoch(1), in: ""))
    }

    @Test(arguments: [
        "", "\n", "nonsense", "12", "12 ", "257 a !\n", "00000000000000000257 a\n", "00000000000000000257 a !",
        "00000000000000000257 a b c\n", "0000000000000000-257 a !\n", "00000000000000000257  !\n",
        "00000000000000000257 a x\n", "99999999999999999999 a !\n",
    ])
    func `An incomplete line is rejected`(text: String) {
        #expect(EpochReservation(Array(text.utf8)) == nil)
    }

    @Test func `An absurd bound leaves room for a next epoch`() {
        #expect(EpochReservation(Array("18446744073709551615 a !\n".utf8))?.bound == .ceiling)
    }
}
