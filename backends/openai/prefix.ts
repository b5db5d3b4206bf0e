/** The longest beginning of a text that has at most so many bytes in UTF-8; the text itself when it is no longer. */
export const prefixOfBytes = (text: string, bytes: number): string => {
  // UTF-16 units have at most 3 bytes each.
  if (text.length * 3 <= bytes) return text
  const encoded = Buffer.from(text)
  if (encoded.length <= bytes) return text
  // As a stream, it keeps a character that is not whole for a next part.
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(encoded.subarray(0, bytes), { stream: true })
}
