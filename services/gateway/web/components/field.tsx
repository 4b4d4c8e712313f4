import type { ComponentChildren } from 'preact'

interface ControlAttributes {
  id: string
  name: string
  'aria-invalid': boolean
  'aria-describedby': string
  'data-testid': string
}

interface FieldProps {
  label: string
  hint?: string
  name: string
  error: string | null
  children: (attributes: ControlAttributes) => ComponentChildren
}

/** A labelled control with its error beside it, tied together for screen readers. */
export const Field = ({ label, hint, name, error, children }: FieldProps) => (
  <div class="field">
    <label for={name}>
      {label}
      {hint !== undefined && <span class="muted"> · {hint}</span>}
    </label>
    {children({
      id: name,
      name,
      'aria-invalid': error !== null,
      'aria-describedby': `${name}-error`,
      'data-testid': `field-${name}`,
    })}
    <p class="field-error" id={`${name}-error`} aria-live="polite" data-testid={`field-error-${name}`}>
      {error}
    </p>
  </div>
)
