/// The effect of each event in each state of a `ServerExchange`: request half / response half / answerer.
///
/// A row that begins with a name is a state. The rows behind it are its events: the result, and the state afterwards if it is
/// another one. An event that changes nothing and means nothing has no row.
enum ServerExchangeTable {
    static let rows = """
        idle: none / none / nobody
        content: content(open) / none / service
            input ends:  -> content(ended) / none / service
            request taken: tell -> whole / none / service
            cancel: service -> content(open) / none / nobody
        content, all come: content(ended) / none / service
            request taken: tell -> whole / none / service
            cancel: service -> content(ended) / none / nobody
        whole: whole / none / service
            cancel: service -> whole / none / nobody
        held: held(open) / none / service
            input ends:  -> held(ended) / none / service
            cancel: service -> held(open) / none / nobody
        held, all come: held(ended) / none / service
            cancel: service -> held(ended) / none / nobody
        content, in head: content(open) / head / service
            input ends:  -> content(ended) / head / service
            request taken: tell -> whole / head / service
            cancel: service -> content(open) / head / nobody
        content, counted: content(open) / content(counted(left: 4)) / service
            input ends:  -> content(ended) / content(counted(left: 4)) / service
            request taken: tell -> whole / content(counted(left: 4)) / service
            write 3: accepted -> content(open) / content(counted(left: 1)) / service
            write 5: tooMuch
            response ends: short
            cancel: service -> content(open) / content(counted(left: 4)) / nobody
        whole, in head: whole / head / service
            cancel: service -> whole / head / nobody
        whole, counted: whole / content(counted(left: 4)) / service
            write 3: accepted -> whole / content(counted(left: 1)) / service
            write 5: tooMuch
            response ends: short
            cancel: service -> whole / content(counted(left: 4)) / nobody
        whole, complete: whole / content(counted(left: 0)) / service
            write 3: tooMuch
            write 5: tooMuch
            response ends: whole -> whole / ended / nobody
            cancel: service -> whole / content(counted(left: 0)) / nobody
        whole, unbounded: whole / content(unbounded) / service
            write 3: accepted
            write 5: accepted
            response ends: whole -> whole / ended / nobody
            cancel: service -> whole / content(unbounded) / nobody
        whole, no content: whole / content(none) / service
            response ends: whole -> whole / ended / nobody
            cancel: service -> whole / content(none) / nobody
        unwanted: unwanted(swallowed: 0) / ended / nobody
            input ends:  -> whole / ended / nobody
            request taken: untold -> whole / ended / nobody
            swallow 9 of 8: too much -> unwanted(swallowed: 9) / ended / nobody
        over: whole / ended / nobody
        tunnel head: whole / tunnelHead / service
            cancel: service -> whole / tunnelHead / nobody
        tunnel: tunnel(open) / tunnel / service
            input ends:  -> tunnel(ended) / tunnel / service
            request taken: tell -> tunnelEnded / tunnel / service
            write 3: accepted
            write 5: accepted
            response ends: half -> tunnel(open) / tunnelEnded / service
            cancel: service -> tunnel(open) / tunnel / nobody
        tunnel, client ended: tunnelEnded / tunnel / service
            write 3: accepted
            write 5: accepted
            response ends: tunnelOver -> tunnelEnded / tunnelEnded / nobody
            cancel: service -> tunnelEnded / tunnel / nobody
        tunnel, server ended: tunnel(open) / tunnelEnded / service
            input ends:  -> tunnel(ended) / tunnelEnded / service
            request taken: tellTunnelOver -> tunnelEnded / tunnelEnded / nobody
            cancel: service -> tunnel(open) / tunnelEnded / nobody
        tunnel, over: tunnelEnded / tunnelEnded / nobody
        cancelled: content(open) / none / nobody
            input ends:  -> content(ended) / none / nobody
            request taken: untold -> whole / none / nobody
        server answers: content(open) / none / server
            input ends:  -> content(ended) / none / server
            request taken: untold -> whole / none / server
            cancel: server -> content(open) / none / nobody
        """
}
