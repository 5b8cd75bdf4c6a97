/// The page's CSS: light and dark as the system is, and cards instead of table rows on narrow screens.
extension StatusPage {
    static let style = #"""
        :root {
          --back: #f6f7f8; --card: #fff; --text: #1c2326; --faint: #58656b; --line: #d9dfe2;
          --good: #17704f; --warn: #8a5a00; --bad: #b3261e; --accent: #1f6f8b;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --back: #14181a; --card: #1c2225; --text: #e4e9eb; --faint: #9fadb3; --line: #323b40;
            --good: #5cc79d; --warn: #e5b04e; --bad: #ff8a80; --accent: #6fc3df;
          }
        }
        * { box-sizing: border-box; }
        body {
          margin: 0 auto; max-width: 76rem; padding: 0 1rem 2rem; background: var(--back); color: var(--text);
          font: 15px/1.45 system-ui, sans-serif; font-variant-numeric: tabular-nums;
        }
        header { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem 1rem; padding: 1rem 0 .5rem; }
        h1 { font-size: 1.25rem; margin: 0; }
        h2 { font-size: 1rem; margin: 0 0 .5rem; }
        section { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .9rem 1rem;
          margin: 0 0 .8rem; }
        a { color: var(--accent); }
        footer { display: flex; gap: 1rem; padding: .25rem 0; }

        #connection { margin: 0; flex: 1; }
        #connection::before { content: "●  "; }
        #connection.live { color: var(--good); }
        #connection.wait { color: var(--faint); }
        #connection.lost { color: var(--bad); font-weight: 600; }
        button { font: inherit; color: inherit; background: none; border: 1px solid var(--line); border-radius: 6px;
          padding: .15rem .7rem; cursor: pointer; }
        :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
        .skip { position: absolute; left: -99rem; background: var(--card); padding: .5rem; }
        .skip:focus { left: 1rem; top: .5rem; }

        dl { margin: 0; display: grid; gap: .6rem 1rem; grid-template-columns: repeat(4, 1fr); }
        dt { color: var(--faint); font-size: .85rem; }
        dd { margin: 0; overflow-wrap: anywhere; }
        .tiles dd { font-size: 1.4rem; }
        .note { color: var(--faint); font-size: .85rem; margin: .4rem 0 0; }
        .note:empty { display: none; }

        #chart { display: block; width: 100%; height: 4.5rem; margin-top: .7rem; border-bottom: 1px solid var(--line); }
        #chart * { fill: none; stroke-width: 1.5px; vector-effect: non-scaling-stroke; }
        #chart .requests { stroke: var(--accent); }
        #chart .errors { stroke: var(--bad); }
        #chart .takeover { stroke: var(--warn); stroke-dasharray: 3px; }

        table { width: 100%; border-collapse: collapse; }
        th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; border-top: 1px solid var(--line);
          overflow-wrap: anywhere; }
        thead th { border-top: 0; color: var(--faint); font-weight: 500; font-size: .85rem; overflow-wrap: normal; }
        thead button { border: 0; padding: 0; font-weight: 500; text-decoration: underline dotted; }
        th[aria-sort=ascending] button::after { content: " ↑"; }
        th[aria-sort=descending] button::after { content: " ↓"; }
        .number { text-align: right; }
        .number + :not(.number) { padding-left: .8rem; }
        .good { color: var(--good); }
        .warn { color: var(--warn); }
        .bad { color: var(--bad); font-weight: 600; }
        #history { margin: 0; padding: 0; list-style: none; max-height: 14rem; overflow: auto; }
        #history time { color: var(--faint); margin-right: .8rem; }

        @media (max-width: 46rem) {
          dl { grid-template-columns: repeat(2, 1fr); }
          table, tbody, tr, td { display: block; }
          /* The buttons for sorting stay usable above the cards. */
          thead, thead tr { display: flex; flex-wrap: wrap; gap: 0 1rem; }
          thead th:not(:has(button)) { display: none; }
          tbody tr { border-top: 1px solid var(--line); padding: .4rem 0; }
          td { display: flex; justify-content: space-between; gap: 1rem; border: 0; padding: .1rem 0; text-align: right; }
          td::before { content: attr(data-label); color: var(--faint); text-align: left; flex: none; }
          .number + :not(.number) { padding-left: 0; }
          td:empty { display: none; }
        }
        """#
}
