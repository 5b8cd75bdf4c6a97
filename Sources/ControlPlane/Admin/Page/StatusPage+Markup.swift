/// The page's HTML. The script fills in the facts.
extension StatusPage {
    static let markup = #"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>Understudy</title>
        <link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'%3E%3Ccircle cx='4' cy='4' r='3' fill='%23287'/%3E%3C/svg%3E">
        <style nonce="NONCE">
        /* STYLE */
        </style>
        </head>
        <body>
        <a class="skip" href="#workers">Skip to the workers</a>
        <header>
          <h1>Understudy</h1>
          <p id="connection" role="status" class="wait">Connecting</p>
          <button id="pause" type="button" aria-pressed="false">Pause</button>
        </header>
        <noscript><p>This page needs JavaScript. <a href="/status">/status</a> shows the same as JSON.</p></noscript>
        <main>
          <section aria-labelledby="reign-title">
            <h2 id="reign-title">Balancer</h2>
            <dl class="facts">
              <div><dt>Reigns</dt><dd id="reign-id">–</dd></div>
              <div><dt>Host</dt><dd id="reign-host">–</dd></div>
              <div><dt>Epoch</dt><dd id="reign-epoch">–</dd></div>
              <div><dt>Process</dt><dd id="reign-pid">–</dd></div>
              <div><dt>Since</dt><dd id="reign-since">–</dd></div>
              <div><dt>Takeovers</dt><dd id="takeovers">–</dd></div>
              <div><dt>Public address</dt><dd id="reign-public">–</dd></div>
              <div><dt>Version</dt><dd id="reign-version">–</dd></div>
            </dl>
          </section>

          <section aria-labelledby="traffic-title">
            <h2 id="traffic-title">Traffic</h2>
            <dl class="tiles">
              <div><dt>Requests/s</dt><dd id="rate">–</dd></div>
              <div><dt>p50</dt><dd id="p50">–</dd></div>
              <div><dt>p99</dt><dd id="p99">–</dd></div>
              <div><dt>Errors (5xx)</dt><dd id="errors">–</dd></div>
              <div><dt>In flight</dt><dd id="in-flight">–</dd></div>
              <div><dt>Waiting for a worker</dt><dd id="waiting">–</dd></div>
              <div><dt>Connections</dt><dd id="connections">–</dd></div>
              <div><dt>Requests in total</dt><dd id="requests">–</dd></div>
            </dl>
            <svg id="chart" viewBox="0 0 120 32" preserveAspectRatio="none" aria-hidden="true"></svg>
            <p class="note">Requests/s of the last two minutes; red: 5xx; a vertical line: a takeover. p50, p99 and
              errors are those of the last ten seconds. The total counts since the present process began.</p>
          </section>

          <section aria-labelledby="services-title">
            <h2 id="services-title">Services</h2>
            <table id="services" aria-labelledby="services-title">
              <thead><tr>
                <th scope="col">Service</th><th scope="col">Routes</th><th scope="col">Workers ready</th>
                <th scope="col" class="number">In flight</th><th scope="col" class="number">Waiting</th>
                <th scope="col" class="number">Requests/s</th>
              </tr></thead>
              <tbody></tbody>
            </table>
          </section>

          <section aria-labelledby="workers-title">
            <h2 id="workers-title">Workers</h2>
            <table id="workers" aria-labelledby="workers-title" tabindex="-1">
              <thead><tr>
                <th scope="col"><button type="button" data-sort="id">Worker</button></th>
                <th scope="col">Address</th>
                <th scope="col"><button type="button" data-sort="state">State</button></th>
                <th scope="col">Reason</th>
                <th scope="col" class="number"><button type="button" data-sort="in_flight">In flight</button></th>
                <th scope="col" class="number"><button type="button" data-sort="rate">Requests/s</button></th>
                <th scope="col" class="number"><button type="button" data-sort="failures">Failures</button></th>
                <th scope="col">Standby</th>
              </tr></thead>
              <tbody></tbody>
            </table>
            <p class="note" id="hidden-workers"></p>
          </section>

          <section aria-labelledby="certificates-title">
            <h2 id="certificates-title">Certificates</h2>
            <table id="certificates" aria-labelledby="certificates-title">
              <thead><tr><th scope="col">File</th><th scope="col">Ends</th><th scope="col">Left</th></tr></thead>
              <tbody></tbody>
            </table>
          </section>

          <section aria-labelledby="history-title">
            <h2 id="history-title">Seen by this page</h2>
            <ol id="history" aria-live="polite"></ol>
          </section>
        </main>
        <footer><a href="/metrics">/metrics</a> <a href="/status">/status</a></footer>
        <script nonce="NONCE">
        /* SCRIPT */
        </script>
        </body>
        </html>

        """#
}
