import iconUrl from '../icon.svg?inline'
import { Button } from './button.tsx'

export const Header = ({ name, onSignOut }: { name: string | null; onSignOut: () => Promise<void> }) => (
  <header class="header">
    <div class="header-inner">
      <p class="brand">
        <img src={iconUrl} alt="" width="28" height="28" />
        Slipstream
      </p>
      {name !== null && (
        <div class="account">
          <span class="account-name" data-testid="account-name">
            {name}
          </span>
          <Button testId="sign-out" onPress={onSignOut}>
            Sign out
          </Button>
        </div>
      )}
    </div>
  </header>
)
