// Repeats a task while the tab is visible.

/**
 * Runs `task`, which never fails, every `period` milliseconds while the tab is visible. Returns a function that runs it at
 * once.
 */
export function every(period, task) {
  let timer = null;
  let running = false;
  let again = false;

  async function run() {
    clearTimeout(timer);
    again = running;
    if (running) return;
    running = true;
    await task();
    running = false;
    if (again) run();
    else if (!document.hidden) timer = setTimeout(run, period);
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) clearTimeout(timer);
    else run();
  });
  run();
  return run;
}
