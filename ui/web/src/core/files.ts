// Files are papers and tables that the service makes, saved where the browser saves. They are fetched with the
// session's token, which no link could carry, and no copy stays in the page.

import type { Api, Filed } from "./api";
import type { Office } from "./office";
import { fileOf } from "./office";
import type { ApiError } from "./types.gen";
import type { Texts } from "./i18n";

/** FilesHost is the page, as far as they need it. */
export interface FilesHost {
  api: Api;
  office(): Office;
  change(part: Partial<Office>): void;
  over(cause: unknown): boolean;
  fault(cause: unknown): ApiError;
  say(text: string): void;
  texts(): Texts;
  now(): number;
}

export class Files {
  constructor(private readonly host: FilesHost) {}

  /** save fetches one file and hands it to the browser; key says beside which button a refusal stands. */
  async save(path: string, body?: unknown): Promise<void> {
    const key = fileOf(path);
    if (this.host.office().asked[key]?.busy) return;
    this.put(key, { busy: true });
    try {
      const file = await this.host.api.file(path, body);
      this.put(key, undefined);
      keep(file);
      this.host.say(this.host.texts().office.papers.saved(file.name));
    } catch (cause) {
      if (this.host.over(cause)) return;
      this.put(key, { busy: false, error: this.host.fault(cause), at: new Date(this.host.now()).toISOString() });
    }
  }

  private put(key: string, to: Office["asked"][string] | undefined): void {
    const { [key]: _, ...asked } = this.host.office().asked;
    this.host.change({ asked: to ? { ...asked, [key]: to } : asked });
  }
}

/** keep saves a file under its own name, as a click on a link would. */
export function keep({ name, blob }: Pick<Filed, "name" | "blob">): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000); // the browser has begun to read it
}
