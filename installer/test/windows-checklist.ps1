# windows-checklist.ps1 -Old OLD.msi -New NEW.msi -Config config.yaml
# What wine cannot show, for one session on a real Windows 10 or 11 that may be spoilt (a virtual machine). As
# administrator, in a PowerShell of the system (5.1). Each line is ok, FAIL, or ASK: what only a person sees, and what
# that is. The last line says how many of each. It ends with nothing installed; configuration and ledger are left.
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
function Exe { (Get-Item $program).VersionInfo.FileVersion }
function Grants($path) { # SIDs that a file's or a folder's list names
    (Get-Acl $path).Access | ForEach-Object { $_.IdentityReference.Translate([Security.Principal.SecurityIdentifier]).Value } | Sort-Object -Unique
}
function Same($a, $b) { -not (Compare-Object @($a) @($b)) }
function Events($id) { @(Get-WinEvent -FilterHashtable @{ LogName = 'Application'; ProviderName = 'sportello'; Id = $id; StartTime = $begun } -ErrorAction SilentlyContinue) }
function Soon([scriptblock] $test) { for ($i = 0; $i -lt 60; $i++) { if (& $test) { return $true }; Start-Sleep -Milliseconds 500 }; $false }
function Service { Get-CimInstance Win32_Service -Filter "Name='sportello'" }
$program = "$env:ProgramFiles\Sportello\sportello.exe"
$data = "$env:ProgramData\Sportello"
$key = 'HKLM:\SYSTEM\CurrentControlSet\Services\sportello'
$begun = Get-Date

Check 'running as administrator' { ([Security.Principal.WindowsPrincipal][Security.Principal.WindowsIdentity]::GetCurrent()).IsInRole('Administrators') }
Check 'the installer is signed by an authority that this Windows trusts' { (Get-AuthenticodeSignature $New).Status -eq 'Valid' }
Check 'silent installation with CONFIG' { (Msi /i "`"$Old`"" "CONFIG=`"$Config`"") -eq 0 }
Check 'the page answers' { Answers }

# The service as the system has it.
Check 'path in quotes' { (Service).PathName.StartsWith('"') }
Check 'account NT SERVICE\sportello' { (Service).StartName -eq 'NT SERVICE\sportello' }
Check 'delayed start' { (Service).DelayedAutoStart }
$failure = sc.exe qfailure sportello | Out-String
Check 'three restarts after a failure: 2 s, 10 s, a minute' {
    ([regex]::Matches($failure, 'RESTART')).Count -eq 3 -and $failure -match '\b2000\b' -and $failure -match '\b10000\b' -and $failure -match '\b60000\b'
}
Check 'a day without a failure begins again' { $failure -match '\b86400\b' }
Check 'also after an error that is no crash' { (sc.exe qfailureflag sportello | Out-String) -match 'TRUE' }
Check 'its own SID' { (sc.exe qsidtype sportello | Out-String) -match 'UNRESTRICTED' }
$privileges = sc.exe qprivs sportello | Out-String
Check 'one privilege only' { $privileges -match 'SeChangeNotifyPrivilege' -and ([regex]::Matches($privileges, 'Se\w+Privilege')).Count -eq 1 }
Check 'told before a shutdown' { (sc.exe queryex sportello | Out-String) -match 'PRESHUTDOWN' }
Check 'and given 30 s for it' { (Get-ItemProperty $key).PreshutdownTimeout -eq 30000 }
Check 'its source in the event log, for errors, warnings and information' {
    $source = Get-ItemProperty 'HKLM:\SYSTEM\CurrentControlSet\Services\EventLog\Application\sportello'
    $source.TypesSupported -eq 7 -and (Test-Path ([Environment]::ExpandEnvironmentVariables($source.EventMessageFile)))
}
Check 'it listens on this PC only' { Same (Get-NetTCPConnection -State Listen -OwningProcess (Service).ProcessId).LocalAddress '127.0.0.1' }

# The data folder. S-1-5-18 is the system, S-1-5-32-544 the administrators, S-1-3-4 whoever owns the file.
$own = (New-Object Security.Principal.NTAccount 'NT SERVICE\sportello').Translate([Security.Principal.SecurityIdentifier]).Value
$three = @('S-1-5-18', 'S-1-5-32-544', $own)
Check 'the data folder is for the system, administrators and the service' { Same (Grants $data) $three }
Check 'and takes no rights from the folder above' { (Get-Acl $data).AreAccessRulesProtected }
foreach ($name in 'ledger.db', 'config.yaml', 'cli.token', 'sportello.log') {
    Check "$name has the folder's rights and no others" { Same (Grants "$data\$name") $three }
}
Check 'the service may write there' { (Get-Item "$data\ledger.db").Length -gt 0 }
Check 'maintenance.token has a list of its own' {
    (Get-Acl "$data\maintenance.token").AreAccessRulesProtected -and (Same (Grants "$data\maintenance.token") ($three + 'S-1-3-4'))
}
# A user of the command line is let in as docs/installazione.md says; S-1-5-32-545 are the users.
icacls "$data\config.yaml" /grant '*S-1-5-32-545:R' | Out-Null
icacls "$data\cli.token" /grant '*S-1-5-32-545:R' | Out-Null
$token = Get-Content "$data\cli.token"
Restart-Service sportello
Check 'after a start the token is another, for the same readers' {
    (Answers) -and (Get-Content "$data\cli.token") -ne $token -and (Grants "$data\cli.token") -contains 'S-1-5-32-545'
}
icacls $data /grant '*S-1-5-32-545:(OI)(CI)R' | Out-Null
Check 'who is let into the whole folder has no maintenance.token with it' { (Grants "$data\maintenance.token") -notcontains 'S-1-5-32-545' }
Restart-Service sportello
Check 'nor after the next start' { (Answers) -and (Grants "$data\maintenance.token") -notcontains 'S-1-5-32-545' }
icacls $data /remove '*S-1-5-32-545' | Out-Null

# Ends.
$id = (Service).ProcessId
Stop-Process -Id $id -Force
Check 'started again after a kill' { (Soon { (Service).State -eq 'Running' -and (Service).ProcessId -ne $id }) -and (Answers) }
Stop-Service sportello
Check 'an orderly stop is in the event log, in words' { (Soon { Events 1 }) -and @(Events 1)[0].Message -match 'fermato in ordine' }
Copy-Item "$data\config.yaml" "$data\config.kept"
Set-Content "$data\config.yaml" 'installation: {'
Start-Service sportello -ErrorAction SilentlyContinue
Check 'a start with a bad configuration ends with step 2' { Soon { (Service).ServiceSpecificExitCode -eq 2 } }
Check 'the event log says so in words' { (Soon { Events 2 }) -and @(Events 2)[0].Message -match 'configurazione' }
Check 'and the manager tries again by itself' { Soon { @(Events 2).Count -ge 2 } }
Copy-Item "$data\config.kept" "$data\config.yaml"
Remove-Item "$data\config.kept"
Start-Service sportello -ErrorAction SilentlyContinue
Check 'mended, it starts' { Answers }

# A new version that does not start takes itself back. The address of the page is held by somebody else meanwhile.
Add-Content "$data\config.yaml" '# dell amministratore'
$before = Exe
$entries = @(& $program ledger dump 2>$null).Count
Stop-Service sportello
$held = New-Object Net.Sockets.TcpListener ([Net.IPAddress]::Loopback), ([uri]$Page).Port
$held.Start()
Check 'an upgrade whose service cannot start is refused with 1603' { (Msi /i "`"$New`"") -eq 1603 }
$held.Stop()
Check 'rolled back: the exe is the old one' { (Exe) -eq $before }
Check 'rolled back: the service is there, with account and restarts as before' {
    (Service).StartName -eq 'NT SERVICE\sportello' -and (Service).DelayedAutoStart -and ([regex]::Matches((sc.exe qfailure sportello | Out-String), 'RESTART')).Count -eq 3
}
Check 'rolled back: configuration kept' { (Get-Content "$data\config.yaml" -Raw) -match 'dell amministratore' }
Start-Service sportello -ErrorAction SilentlyContinue
Check 'rolled back: the old version answers' { Answers }
Check 'rolled back: the ledger is whole' { & $program ledger check | Out-Null; $LASTEXITCODE -eq 0 -and @(& $program ledger dump 2>$null).Count -ge $entries }
Check 'one entry among the programs' { @(Get-ItemProperty 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\*' | Where-Object DisplayName -eq 'Sportello POS').Count -eq 1 }

# Upgrade.
Check 'upgrade' { (Msi /i "`"$New`"") -eq 0 }
Check 'the exe is the new one' { (Exe) -ne $before }
Check 'configuration kept' { (Get-Content "$data\config.yaml" | Out-String) -match 'dell amministratore' }
Check 'the page answers after the upgrade' { Answers }
Check 'recovery, privileges and the time before a shutdown are set after the upgrade, too' {
    ([regex]::Matches((sc.exe qfailure sportello | Out-String), 'RESTART')).Count -eq 3 -and (sc.exe qprivs sportello | Out-String) -match 'SeChangeNotifyPrivilege' -and
        (Get-ItemProperty $key).PreshutdownTimeout -eq 30000
}
Check 'the data folder is as closed as before' { Same (Grants $data) $three }
Check 'a downgrade is refused' { (Msi /i "`"$Old`"") -ne 0 }
Remove-Item "$env:ProgramFiles\Sportello\LICENSE.txt"
Check 'repair' { (Msi /fa "`"$New`"") -eq 0 -and (Test-Path "$env:ProgramFiles\Sportello\LICENSE.txt") }
Check 'an entry in the start menu of all users' { Test-Path "$env:ProgramData\Microsoft\Windows\Start Menu\Programs\Sportello POS\Sportello POS.url" }
Check 'every serial port is listed' { & $program doctor --json | Out-Null; $LASTEXITCODE -in 0, 1 }

# What a person sees.
Say 'ASK' 'start a payment with a real terminal, then run the new installer again (/fa): refused with 1603, event 30 says which terminal is in use, the payment ends well'
Say 'ASK' 'USB terminal (FTDI, Prolific, CDC; also COM10 and above): pull it out in mid-payment, put it into another socket: "sportello terminal status" says ready again without a restart, the payment is resolved from the terminal'
Say 'ASK' 'sleep for a minute and wake up; switch off with fast start-up and on again: the page answers, the event log of sportello has no error, the next payment ends well'
Say 'ASK' 'restart Windows with nobody signed in: delayed start; /readyz answers within some minutes, "sc query sportello" says RUNNING'
Say 'ASK' 'shut down in mid-payment: Windows does not complain of sportello, event 1 has the time of the shutdown; after the start the payment is taken up and ends with what the terminal says'
Say 'ASK' 'end the process in the task manager four times within a day: it comes back after 2 s, 10 s, and a minute each further time'
Say 'ASK' 'event viewer, Windows logs, Application, source sportello: Italian sentences, accents right, no "description cannot be found"'
Say 'ASK' 'a user who is no administrator: cannot open the data folder; with the two grants of docs/installazione.md "sportello payments" works, "sportello backup" is refused'
Say 'ASK' 'open the MSI with a double click as an ordinary user: one question of UAC with the name of the signer, no warning of SmartScreen'
Say 'ASK' 'Defender has no word about it after a full scan'
Say 'ASK' 'deployed by group policy or Intune to a PC where nobody is signed in: the page answers after the first start'
Say 'ASK' 'chrome.reg and edge.reg imported: chrome://policy and edge://policy show each value without an error; kiosk.cmd prints without a question'

Check 'removal' { (Msi /x "`"$New`"") -eq 0 -and -not (Test-Path $program) }
Check 'ledger and configuration kept' { (Test-Path "$data\ledger.db") -and (Test-Path "$data\config.yaml") }
Check 'the service is gone, and its entry in the start menu' { -not (Service) -and -not (Test-Path "$env:ProgramData\Microsoft\Windows\Start Menu\Programs\Sportello POS") }
Write-Host ("{0} ok, {1} FAIL, {2} to be asked" -f $count.ok, $count.FAIL, $count.ASK)
exit [int]($count.FAIL -gt 0)
