/** What is on file of secrets, and how those who hold the key read them. */
import type { RoadRow } from './people.ts'

/** A secret in force, without its value. */
export interface SecretOnFile {
  readonly name: string
  readonly version: number
  readonly keyId: string
  readonly setAt: Date
  /** name of the person */
  readonly setBy: string
}

export interface SecretPort {
  secrets(): Promise<readonly SecretOnFile[]>
  /** Seals the value under the newest key; the one before serves beside it until `formerUntil`. Answers its
   *  version.
   *  @throws EnvironmentFault when the key file cannot be read or written */
  putSecret(secret: {
    readonly name: string
    readonly value: string
    readonly by: number
    readonly at: Date
    readonly formerUntil: Date
  }): Promise<number>
  /** Empties every version; false when none was in force. */
  dropSecret(name: string, at: Date): Promise<boolean>
  /** The roads in use of all channels. */
  roadsInUse(): Promise<readonly RoadRow[]>
}

/** An agency's secrets at one moment. */
export interface AgencySecrets {
  /** undefined when none of this name is in force
   *  @throws Error in words a person can act on when it is in force and its key is not there */
  value(name: string): string | undefined
  /** the value before, as long as it still serves at the time of the question */
  former(name: string): string | undefined
  /** changes whenever the value does */
  version(name: string): number
}
