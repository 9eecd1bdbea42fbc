/** A canvas that knows its size in CSS pixels without asking the layout at each repaint. */
export class SmallCanvas {
  readonly #canvas: HTMLCanvasElement;
  readonly #onResize: () => void;
  #observer: ResizeObserver | undefined;
  width = 0;
  height = 0;

  constructor(canvas: HTMLCanvasElement, onResize: () => void) {
    this.#canvas = canvas;
    this.#onResize = onResize;
  }

  start(): void {
    this.#observer = new ResizeObserver(([entry]) => {
      if (!entry) return;
      this.width = entry.contentRect.width;
      this.height = entry.contentRect.height;
      this.#canvas.width = Math.round(this.width * devicePixelRatio);
      this.#canvas.height = Math.round(this.height * devicePixelRatio);
      this.#onResize();
    });
    this.#observer.observe(this.#canvas);
  }

  stop(): void {
    this.#observer?.disconnect();
  }

  /** Cleared and scaled to CSS pixels; `undefined` while it has no size. */
  begin(): CanvasRenderingContext2D | undefined {
    if (this.width < 1 || this.height < 1) return undefined;
    const context = this.#canvas.getContext('2d') ?? undefined;
    context?.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context?.clearRect(0, 0, this.width, this.height);
    return context;
  }
}
