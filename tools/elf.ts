const PROGRAM_INTERPRETER = 3;

/** Whether the bytes are a 64-bit little-endian ELF program that needs no dynamic linker. */
export function isStaticExecutable(bytes: Buffer): boolean {
  if (bytes.length < 64 || bytes.readUInt32BE(0) !== 0x7f454c46 || bytes[4] !== 2 || bytes[5] !== 1) return false;
  const tableOffset = Number(bytes.readBigUInt64LE(32));
  const entrySize = bytes.readUInt16LE(54);
  const entries = bytes.readUInt16LE(56);
  for (let index = 0; index < entries; index++) {
    const offset = tableOffset + index * entrySize;
    if (offset + 4 > bytes.length) return false;
    if (bytes.readUInt32LE(offset) === PROGRAM_INTERPRETER) return false;
  }
  return true;
}
