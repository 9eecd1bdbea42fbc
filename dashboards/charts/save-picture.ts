import { palette } from './palette.ts';

export interface PictureTexts {
  readonly title: string;
  readonly fileName: string;
  readonly lines: readonly {
    readonly colour: string;
    readonly dash: readonly number[];
    readonly text: string;
  }[];
}

const FONT_FAMILY = "Inter, 'Noto Sans SC', sans-serif";
const MARGIN_PX = 16;
const ROW_PX = 20;
const TITLE_PX = 28;
const MARK_PX = 28;

/** Saves a chart as PNG with its time above and its legend below it. */
export async function savePicture(chart: HTMLCanvasElement, texts: PictureTexts): Promise<void> {
  const ratio = devicePixelRatio;
  const picture = document.createElement('canvas');
  picture.width = chart.width + 2 * MARGIN_PX * ratio;
  picture.height = chart.height + (TITLE_PX + texts.lines.length * ROW_PX + 3 * MARGIN_PX) * ratio;
  const context = picture.getContext('2d');
  if (!context) return;
  const { ink, panel } = palette.peek();
  context.fillStyle = panel;
  context.fillRect(0, 0, picture.width, picture.height);
  context.drawImage(chart, MARGIN_PX * ratio, (MARGIN_PX + TITLE_PX) * ratio);
  context.scale(ratio, ratio);
  context.fillStyle = ink;
  context.textBaseline = 'middle';
  context.font = `600 15px ${FONT_FAMILY}`;
  context.fillText(texts.title, MARGIN_PX, MARGIN_PX + TITLE_PX / 2);
  context.font = `13px ${FONT_FAMILY}`;
  texts.lines.forEach(({ colour, dash, text }, i) => {
    const y = chart.height / ratio + 2 * MARGIN_PX + TITLE_PX + (i + 0.5) * ROW_PX;
    context.strokeStyle = colour;
    context.lineWidth = 2;
    context.setLineDash([...dash]);
    context.beginPath();
    context.moveTo(MARGIN_PX, y);
    context.lineTo(MARGIN_PX + MARK_PX, y);
    context.stroke();
    context.fillText(text, MARGIN_PX + MARK_PX + 8, y);
  });
  const blob = await new Promise<Blob | null>((resolve) => picture.toBlob(resolve, 'image/png'));
  if (blob) download(URL.createObjectURL(blob), texts.fileName);
}

function download(url: string, fileName: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
