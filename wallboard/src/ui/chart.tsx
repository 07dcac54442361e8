// The last hour as a chart: all calls, and those that are answered.

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { count, timeOfDay } from "../model/words";
import { theme } from "../state/settings";
import { type Series, series } from "../state/surroundings";

/** The value of a colour of the style sheet, as the canvas wants it. */
function colour(name: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

function options(width: number, height: number): uPlot.Options {
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const font = `${Math.round(0.72 * rem)}px ${getComputedStyle(document.body).fontFamily}`;
  const [muted, line, all, answered] = ["--muted", "--line", "--accent", "--answered"].map(colour) as [
    string,
    string,
    string,
    string,
  ];
  const axis = { stroke: muted, font, ticks: { show: false }, grid: { stroke: line, width: 1 } };
  return {
    width,
    height,
    padding: [0.5 * rem, rem, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
    scales: {
      x: { range: (_plot, _first, last) => [last - 3600, last] },
      y: { range: (_plot, _low, high) => [0, Math.max(4, Math.ceil(high * 1.1))] },
    },
    axes: [
      {
        ...axis,
        size: 1.4 * rem,
        gap: 0.2 * rem,
        space: 5 * rem,
        values: (_plot, ticks) => ticks.map((tick) => timeOfDay(1000 * tick, false)),
        grid: { show: false },
      },
      {
        ...axis,
        size: 2.8 * rem,
        gap: 0.3 * rem,
        space: 1.5 * rem,
        incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6],
        values: (_plot, ticks) => ticks.map(count),
      },
    ],
    series: [
      {},
      { label: "Calls", stroke: all, width: 0.11 * rem, fill: faint(all), points: { show: false } },
      { label: "Answered", stroke: answered, width: 0.11 * rem, fill: faint(answered), points: { show: false } },
    ],
  };
}

function faint(rgb: string): string {
  return rgb.replace("rgb(", "rgba(").replace(")", ", 0.12)");
}

function data({ step, begin, calls, answered }: Series): uPlot.AlignedData {
  const first = Date.parse(begin) / 1000;
  return [calls.map((_, index) => first + index * step), calls, answered];
}

function summary(told: Series | null): string {
  if (!told || told.calls.length === 0) return "The last hour: nothing is known yet";
  const [low, high] = [Math.min(...told.calls), Math.max(...told.calls)];
  return `The last hour: between ${count(low)} and ${count(high)} calls, ${count(told.calls.at(-1) ?? 0)} at its end`;
}

export function Chart() {
  const box = useRef<HTMLDivElement>(null);
  const output = useRef<HTMLOutputElement>(null);
  const plot = useRef<uPlot | null>(null);
  const current = series.value;
  const known = current !== null && current.calls.length > 1;

  useEffect(() => {
    if (!known || !box.current) return undefined;
    const place = box.current;
    const draw = () => {
      plot.current?.destroy();
      const told = series.peek();
      if (!told) return;
      const wanted = options(place.clientWidth, place.clientHeight);
      wanted.hooks = { setCursor: [tell] };
      plot.current = new uPlot(wanted, data(told), place);
    };
    const tell = (drawn: uPlot) => {
      if (!output.current) return;
      const index = drawn.cursor.idx;
      const at = index === null || index === undefined ? undefined : drawn.data[0][index];
      output.current.textContent =
        at === undefined
          ? ""
          : `${timeOfDay(1000 * at)}  ·  ${count(drawn.data[1]![index!]!)} calls, ${count(drawn.data[2]![index!]!)} answered`;
    };
    draw();
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const resized = new ResizeObserver(() => {
      if (plot.current && (plot.current.width !== place.clientWidth || plot.current.height !== place.clientHeight))
        draw();
    });
    resized.observe(place);
    dark.addEventListener("change", draw);
    return () => {
      resized.disconnect();
      dark.removeEventListener("change", draw);
      plot.current?.destroy();
      plot.current = null;
    };
  }, [known, theme.value]);

  useEffect(() => {
    if (current && known) plot.current?.setData(data(current));
  }, [current, known]);

  return (
    <figure class="chart">
      <figcaption>
        <span>Last hour</span>
        <span class="key key-calls">Calls</span>
        <span class="key key-answered">Answered</span>
        <output ref={output} class="figure" aria-hidden="true" />
      </figcaption>
      <div class="chart-box" ref={box} role="img" aria-label={summary(current)}>
        {!known && <p class="muted small empty">The chart begins with the first minute.</p>}
      </div>
    </figure>
  );
}
