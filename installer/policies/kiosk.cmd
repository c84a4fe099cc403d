@echo off
rem Lo sportello in una finestra sua: stampa senza chiedere, sulla stampante predefinita. Un profilo proprio, perche' un
rem browser gia' aperto ignorerebbe le opzioni. Da mettere in Esecuzione automatica al posto della pagina iniziale.
set "PAGINA=http://127.0.0.1:8417/"
set "PROFILO=%LOCALAPPDATA%\Sportello\browser"
set "EDGE=%ProgramFiles(x86)%\Microsoft\Edge\Application\msedge.exe"
set "CHROME=%ProgramFiles%\Google\Chrome\Application\chrome.exe"
if exist "%CHROME%" (set "BROWSER=%CHROME%") else (set "BROWSER=%EDGE%")
if not exist "%BROWSER%" (echo Ne' Chrome ne' Edge al loro posto. & exit /b 1)
start "" "%BROWSER%" --app=%PAGINA% --kiosk-printing --user-data-dir="%PROFILO%" --no-first-run
