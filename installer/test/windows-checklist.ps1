# windows-checklist.ps1 -Old OLD.msi -New NEW.msi -Config config.yaml
# What wine cannot show, for one session on a real Windows 10 or 11 that may be spoilt (a virtual machine). As
# administrator. Each line is ok, FAIL, or ASK: what only a person sees. The last lines say how many of each.
param(
    [Parameter(Mandatory)] [string] $Old,
    [Parameter(Mandatory)] [string] $New,
    [Parameter(Mandatory)] [string] $Config,
    [string] $Page = 'http://127.0.0.1:8417'
)
$ErrorActionPreference = 'Continue'
$count = @{ ok = 0; FAIL = 0; ASK = 0 }
function Say($how, $what) { $script:count[$how]++; Write-Host ('{0,-4} {1}' -f $how, $what) }
function Check($what, [scriptblock] $test) { if (& $test) { Say 'ok' $what } else { Say 'FAIL' $what } }
function Msi { $p = Start-Process msiexec -ArgumentList ($args + '/qn' + '/norestart') -Wait -PassThru; $p.ExitCode }
function Answers { for ($i = 0; $i -lt 40; $i++) { try { return (Invoke-RestMethod "$Page/readyz" -TimeoutSec 2).status -eq 'ok' } catch { Start-Sleep -Milliseconds 500 } }; $false }
function Service { Get-CimInstance Win32_Service -Filter "Name='sportello'" }
$program = "$env:ProgramFiles\Sportello\sportello.exe"
$data = "$env:ProgramData\Sportello"

Check 'running as administrator' { ([Security.Principal.WindowsPrincipal][Security.Principal.WindowsIdentity]::GetCurrent()).IsInRole('Administrators') }
Check 'the installer is signed by an authority that this Windows trusts' { (Get-AuthenticodeSignature $New).Status -eq 'Valid' }
Check 'silent installation with CONFIG' { (Msi /i "`"$Old`"" "CONFIG=`"$Config`"") -eq 0 }
Check 'the page answers' { Answers }

# The service as the system has it.
Check 'path in quotes' { (Service).PathName.StartsWith('"') }
Check 'account NT SERVICE\sportello' { (Service).StartName -eq 'NT SERVICE\sportello' }
Check 'delayed start' { (Service).DelayedAutoStart }
$failure = sc.exe qfailure sportello | Out-String
Check 'three restarts after a failure' { ([regex]::Matches($failure, 'RESTART')).Count -eq 3 }
Check 'also after an error that is no crash' { (sc.exe qfailureflag sportello | Out-String) -match 'TRUE' }
Check 'its own SID' { (sc.exe qsidtype sportello | Out-String) -match 'UNRESTRICTED' }
$privileges = sc.exe qprivs sportello | Out-String
Check 'one privilege only' { $privileges -match 'SeChangeNotifyPrivilege' -and ([regex]::Matches($privileges, 'Se\w+Privilege')).Count -eq 1 }
Check 'the data folder is closed to users' { -not ((Get-Acl $data).Access | Where-Object { $_.IdentityReference -match 'Users|Everyone|Utenti' }) }
Check 'the service may write there' { (Get-ChildItem "$data\ledger.db").Length -gt 0 }

# Ends.
$id = (Service).ProcessId
Stop-Process -Id $id -Force
Start-Sleep -Seconds 6
Check 'started again after a kill' { (Service).State -eq 'Running' -and (Service).ProcessId -ne $id -and (Answers) }
Rename-Item "$data\config.yaml" "$data\config.away"
Restart-Service sportello -ErrorAction SilentlyContinue
Check 'a start without configuration ends with step 2' { (Service).ServiceSpecificExitCode -eq 2 }
Check 'the event log says so in words' { (Get-WinEvent -FilterHashtable @{ LogName = 'Application'; ProviderName = 'sportello' } -MaxEvents 1).Message -match 'configurazione' }
Rename-Item "$data\config.away" "$data\config.yaml"
Start-Service sportello
Check 'and starts again' { Answers }

# Upgrade.
Add-Content "$data\config.yaml" '# dell amministratore'
$before = (Get-Item $program).VersionInfo.FileVersion
Check 'upgrade' { (Msi /i "`"$New`"") -eq 0 }
Check 'the exe is the new one' { (Get-Item $program).VersionInfo.FileVersion -ne $before }
Check 'configuration kept' { (Get-Content "$data\config.yaml" | Out-String) -match 'dell amministratore' }
Check 'the page answers after the upgrade' { Answers }
Check 'a downgrade is refused' { (Msi /i "`"$Old`"") -ne 0 }
Remove-Item "$env:ProgramFiles\Sportello\LICENSE.txt"
Check 'repair' { (Msi /fa "`"$New`"") -eq 0 -and (Test-Path "$env:ProgramFiles\Sportello\LICENSE.txt") }
Check 'an entry in the start menu of all users' { Test-Path "$env:ProgramData\Microsoft\Windows\Start Menu\Programs\Sportello POS\Sportello POS.url" }
Check 'every serial port is listed' { & $program doctor --json | Out-Null; $LASTEXITCODE -in 0, 1 }

# What a person sees.
Say 'ASK' 'start a payment with a real terminal, then run the new installer: refused with 1603, the payment ends well'
Say 'ASK' 'USB terminal (FTDI, Prolific, CDC; also COM10 and above): pull it out in mid-payment, put it into another socket: resolved'
Say 'ASK' 'sleep for a minute and wake up; switch off with fast start-up and on again: the page answers'
Say 'ASK' 'shut down in mid-payment: the event log has an orderly stop, and the payment is taken up after the start'
Say 'ASK' 'open the MSI with a double click as an ordinary user: one question of UAC, no warning of SmartScreen'
Say 'ASK' 'Defender has no word about it after a full scan'
Say 'ASK' 'deployed by group policy or Intune to a PC where nobody is signed in'

Check 'removal' { (Msi /x "`"$New`"") -eq 0 -and -not (Test-Path $program) }
Check 'ledger and configuration kept' { (Test-Path "$data\ledger.db") -and (Test-Path "$data\config.yaml") }
Check 'the service is gone' { -not (Service) }
Write-Host ("{0} ok, {1} FAIL, {2} to be asked" -f $count.ok, $count.FAIL, $count.ASK)
exit [int]($count.FAIL -gt 0)
