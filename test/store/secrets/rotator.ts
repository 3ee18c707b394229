/** Turns the sealing key in a process of its own, which a test may kill: `rotator.ts FOLDER HUB_URL`. */
import { openKeyring } from '../../../src/kit/keyring.ts'
import { secretKeys } from '../../../src/kit/secret-keys.ts'
import { connect } from '../../../src/store/connect.ts'
import { rotateSecretKey } from '../../../src/store/secrets/rotate.ts'

const [folder = '', hubUrl = ''] = process.argv.slice(2)
const connection = connect(hubUrl)
await rotateSecretKey(connection.db, secretKeys(await openKeyring(folder)))
await connection.close()
