import type { Socket } from "node:net";

/** Counts connections and their bytes. */
export class Connections {
  readonly #open = new Set<Socket>();
  #opened = 0;
  #received = 0;
  #sent = 0;

  opened(socket: Socket): void {
    this.#opened++;
    this.#open.add(socket);
    // A client that disconnects is not an error of the emulator.
    socket.on("error", () => undefined);
    socket.once("close", () => {
      this.#open.delete(socket);
      this.#received += socket.bytesRead;
      this.#sent += socket.bytesWritten;
    });
  }

  /** Totals since the start. */
  totals(): { readonly opened: number; readonly open: number; readonly received: number; readonly sent: number } {
    let received = this.#received;
    let sent = this.#sent;
    for (const socket of this.#open) {
      received += socket.bytesRead;
      sent += socket.bytesWritten;
    }
    return { opened: this.#opened, open: this.#open.size, received, sent };
  }

  destroy(): void {
    for (const socket of this.#open) socket.destroy();
  }
}
