/** The way back: a value as a YAML file that reads as the same value. */
import { stringify } from 'yaml'

/** Lines are not folded, so that files compare line by line. */
export const yamlText = (value: unknown): string => stringify(value, { lineWidth: 0, aliasDuplicateObjects: false })
