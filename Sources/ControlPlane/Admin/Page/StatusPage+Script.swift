/// The page's JavaScript. It reads events (`PageEvent`) and writes their texts into the page, never as HTML: names and
/// reasons come from peers.
///
/// The browser connects again by itself when the balancer's process ends. The successor sends rates of its own, so its
/// counters from 0 make no jump here.
extension StatusPage {
    static let script = #"""
        "use strict";
        const place = id => document.getElementById(id);
        const number = (value, digits = 0) =>
          value.toLocaleString("en", { maximumFractionDigits: digits, minimumFractionDigits: digits });
        const rate = value => number(value, value < 10 ? 1 : 0);
        const clock = milliseconds => new Date(milliseconds).toLocaleTimeString("en-GB");
        const day = milliseconds => new Date(milliseconds).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });

        function put(element, text, style = "") {
          if (element.textContent !== text) element.textContent = text;
          if (element.dataset.style !== style) {
            element.classList.remove("good", "warn", "bad");
            if (style) element.classList.add(style);
            element.dataset.style = style;
          }
        }

        function duration(seconds) {
          if (seconds < 60) return `${Math.floor(seconds)} s`;
          if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
          if (seconds < 172800) return `${Math.floor(seconds / 3600)} h`;
          return `${number(Math.floor(seconds / 86400))} days`;
        }

        // With three digits, because the balancer knows a percentile to a sixteenth.
        function latency(percentile) {
          if (!percentile) return "–";
          const inSeconds = percentile.ms >= 1000;
          const value = inSeconds ? percentile.ms / 1000 : percentile.ms;
          const text = `${Number(value.toPrecision(3))} ${inSeconds ? "s" : "ms"}`;
          return percentile.is_above ? "> " + text : text;
        }

        // Writes rows into a table's body, and reuses the row of the same key, so that selected text stays selected.
        // A cell is a text, or [text, style].
        function fill(table, rows) {
          const body = table.tBodies[0];
          const labels = [...table.tHead.rows[0].cells].map(cell => [cell.textContent, cell.className]);
          const known = new Map([...body.rows].map(row => [row.dataset.key, row]));
          rows.forEach(({ key, cells }, index) => {
            let row = known.get(key);
            known.delete(key);
            if (!row) {
              row = document.createElement("tr");
              row.dataset.key = key;
              for (const [label, style] of labels) {
                const cell = row.insertCell();
                cell.dataset.label = label;
                cell.className = style;
              }
            }
            if (body.rows[index] !== row) body.insertBefore(row, body.rows[index] ?? null);
            cells.forEach((cell, column) => put(row.cells[column], ...[cell].flat()));
          });
          for (const row of known.values()) row.remove();
        }

        // What this page has seen: newest first, at most 50 lines.
        function note(time, text) {
          const line = document.createElement("li"), when = document.createElement("time");
          when.textContent = clock(time);
          line.append(when, text);
          place("history").prepend(line);
          while (place("history").childElementCount > 50) place("history").lastChild.remove();
        }

        const states = {
          ready: ["● ready", "good"], joining: ["○ joining", "warn"], suspect: ["◌ suspect", "warn"],
          draining: ["◐ draining", "warn"], ejected: ["✕ ejected", "bad"],
        };
        let last = null, order = { by: "id", isDescending: false };

        function showReign({ reign, takeovers, time }) {
          put(place("reign-id"), reign.id);
          put(place("reign-host"), reign.host);
          put(place("reign-epoch"), `${reign.epoch}`);
          put(place("reign-pid"), `${reign.pid}`);
          put(place("reign-since"), `${day(reign.since * 1000)} (${duration(time / 1000 - reign.since)})`);
          put(place("reign-public"), reign.address);
          put(place("reign-version"), reign.version);
          const count = takeovers.standby + takeovers.replacement;
          const longest = takeovers.last_ms === undefined ? "" : `, the last in ${number(takeovers.last_ms, 1)} ms`;
          put(place("takeovers"), `${count}${count ? longest : ""}`);
          document.title = `${reign.id}, epoch ${reign.epoch} – Understudy`;
        }

        function showTraffic(traffic) {
          put(place("rate"), traffic.rate === undefined ? "–" : rate(traffic.rate));
          put(place("p50"), latency(traffic.p50));
          put(place("p99"), latency(traffic.p99));
          const share = traffic.recent ? ` (${number(100 * traffic.errors / traffic.recent, 1)} %)` : "";
          put(place("errors"), number(traffic.errors) + (traffic.errors ? share : ""), traffic.errors ? "bad" : "");
          put(place("in-flight"), number(traffic.in_flight));
          put(place("waiting"), number(traffic.waiting), traffic.waiting ? "warn" : "");
          put(place("connections"), number(traffic.connections));
          put(place("requests"), number(traffic.requests));
        }

        const points = [];
        function showChart({ traffic }, isTakeover) {
          points.push({ rate: traffic.rate ?? null, errors: traffic.error_rate ?? 0, isTakeover });
          if (points.length > 120) points.shift();
          const top = Math.max(1, ...points.map(point => point.rate ?? 0));
          const x = index => 120 - points.length + index;
          const y = value => 31 - 30 * value / top;
          const path = value => {
            let text = "", isPen = false;
            points.forEach((point, index) => {
              if (point.rate === null) { isPen = false; return; }
              text += `${isPen ? "L" : "M"}${x(index)} ${y(value(point)).toFixed(2)}`;
              isPen = true;
            });
            return text;
          };
          const line = (style, d) => {
            const element = document.createElementNS("http://www.w3.org/2000/svg", "path");
            element.setAttribute("class", style);
            element.setAttribute("d", d);
            return element;
          };
          const marks = points.map((point, index) => point.isTakeover ? `M${x(index)} 0V32` : "").join("");
          const lines = [line("takeover", marks), line("requests", path(point => point.rate))];
          if (points.some(point => point.errors > 0)) lines.push(line("errors", path(point => point.errors)));
          place("chart").replaceChildren(...lines);
        }

        function showServices({ services }) {
          fill(place("services"), services.map(service => ({
            key: service.name,
            cells: [
              service.name, service.routes.join(", "),
              [`${service.ready} of ${service.workers}`, service.ready ? "" : "bad"],
              number(service.in_flight), [number(service.waiting), service.waiting ? "warn" : ""],
              service.rate === undefined ? "–" : rate(service.rate),
            ],
          })));
        }

        function showWorkers({ workers, hidden_workers }) {
          const { by, isDescending } = order;
          const sorted = [...workers].sort((one, other) => {
            const [a, b] = [one[by] ?? -1, other[by] ?? -1];
            const sign = a < b ? -1 : a > b ? 1 : 0;
            return (isDescending ? -sign : sign) || (one.id < other.id ? -1 : 1);
          });
          fill(place("workers"), sorted.map(worker => ({
            key: worker.id,
            cells: [
              worker.id, worker.address, states[worker.state] ?? worker.state, worker.reason ?? "",
              number(worker.in_flight), worker.rate === undefined ? "–" : rate(worker.rate),
              [number(worker.failures), worker.recent_failures ? "bad" : ""], worker.standby ? "parked" : "",
            ],
          })));
          put(place("hidden-workers"),
            hidden_workers ? `${number(hidden_workers)} more workers are not shown; /status lists all.` : "");
          for (const button of document.querySelectorAll("[data-sort]")) {
            if (button.dataset.sort !== by) button.parentElement.removeAttribute("aria-sort");
            else button.parentElement.setAttribute("aria-sort", isDescending ? "descending" : "ascending");
          }
        }

        function showCertificates({ certificates, time }) {
          fill(place("certificates"), certificates.map(certificate => {
            const left = certificate.ends - time / 1000;
            const style = left <= 0 ? "bad" : left < 5 * 86400 ? "warn" : "";
            return {
              key: certificate.file,
              cells: [certificate.file, day(certificate.ends * 1000), [left > 0 ? duration(left) : "ended", style]],
            };
          }));
        }

        function noteChanges(event, isTakeover) {
          if (isTakeover) note(event.time, `${event.reign.id} (process ${event.reign.pid}) reigns, epoch ${event.reign.epoch}`);
          if (!last || event.hidden_workers || last.hidden_workers) return;
          const before = new Map(last.workers.map(worker => [worker.id, worker]));
          for (const worker of event.workers) {
            const earlier = before.get(worker.id);
            before.delete(worker.id);
            if (earlier?.state === worker.state) continue;
            note(event.time, `${worker.id} is ${worker.state}${worker.reason ? `: ${worker.reason}` : ""}`);
          }
          for (const id of before.keys()) note(event.time, `${id} has left`);
        }

        function show(event) {
          const isTakeover = last !== null && last.reign.epoch !== event.reign.epoch;
          noteChanges(event, isTakeover);
          last = event;
          showReign(event);
          showTraffic(event.traffic);
          showChart(event, isTakeover);
          showServices(event);
          showWorkers(event);
          showCertificates(event);
        }

        // The connection. The browser repeats it after a break; a refusal (503) and a silent balancer end here.
        let source = null, watchdog = 0, isPaused = false;
        function say(style, text) {
          place("connection").className = style;
          put(place("connection"), text);
        }
        function close() {
          clearTimeout(watchdog);
          source?.close();
          source = null;
        }
        function open() {
          close();
          if (isPaused || document.hidden) return;
          source = new EventSource("/events");
          source.onmessage = message => {
            watch(6000);
            say("live", "Live");
            show(JSON.parse(message.data));
          };
          source.addEventListener("silent", () => {
            watch(6000);
            say("lost", "The balancer does not answer. The figures are old");
          });
          source.onerror = () => {
            say("lost", "No connection. Trying again");
            watch(source?.readyState === EventSource.CLOSED ? 2000 : 6000);
          };
          watch(6000);
        }
        function watch(milliseconds) {
          clearTimeout(watchdog);
          watchdog = setTimeout(() => {
            say("lost", "No connection. Trying again");
            open();
          }, milliseconds);
        }

        place("pause").onclick = () => {
          isPaused = !isPaused;
          place("pause").setAttribute("aria-pressed", `${isPaused}`);
          put(place("pause"), isPaused ? "Continue" : "Pause");
          say("wait", isPaused ? "Paused" : "Connecting");
          open();
        };
        document.addEventListener("visibilitychange", open);
        for (const button of document.querySelectorAll("[data-sort]")) {
          button.onclick = () => {
            const by = button.dataset.sort;
            order = { by, isDescending: order.by === by ? !order.isDescending : !["id", "state"].includes(by) };
            if (last) showWorkers(last);
          };
        }
        open();
        """#
}
