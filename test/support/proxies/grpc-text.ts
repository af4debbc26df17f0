/** What a gRPC client says, as text: its messages lie compressed in HTTP/2 frames. */
import { gunzipSync } from 'node:zlib';

const PREFACE = 24;
const FRAME_HEAD = 9;
const MESSAGE_HEAD = 5;
const DATA = 0;
const COMPRESSED = 1;

/** Reads one connection from its start; returns the messages that each chunk completes. */
export function createGrpcReader(): (chunk: Buffer) => string {
  let rest = Buffer.alloc(0);
  let skipped = 0;
  const streams = new Map<number, Buffer>();

  /** Adds to what a stream has sent and takes its complete messages out. */
  function take(stream: number, data: Buffer): string {
    let bytes = Buffer.concat([streams.get(stream) ?? Buffer.alloc(0), data]);
    let text = '';
    while (bytes.length >= MESSAGE_HEAD) {
      const end = MESSAGE_HEAD + bytes.readUInt32BE(1);
      if (bytes.length < end) break;
      const message = bytes.subarray(MESSAGE_HEAD, end);
      text += (bytes[0] === COMPRESSED ? gunzipSync(message) : message).toString('latin1');
      bytes = bytes.subarray(end);
    }
    if (bytes.length > 0) streams.set(stream, bytes);
    else streams.delete(stream);
    return text;
  }

  return (chunk) => {
    const preface = Math.min(PREFACE - skipped, chunk.length);
    skipped += preface;
    rest = Buffer.concat([rest, chunk.subarray(preface)]);
    let text = '';
    while (rest.length >= FRAME_HEAD) {
      const end = FRAME_HEAD + rest.readUIntBE(0, 3);
      if (rest.length < end) break;
      const stream = rest.readUInt32BE(5);
      if (rest[3] === DATA) text += take(stream, rest.subarray(FRAME_HEAD, end));
      rest = rest.subarray(end);
    }
    return text;
  };
}
