package drivedb

import "strings"

// common are the names of attributes that most vendors share: SFF-8035i revision 2.0,
// table 1, and the vendors' data sheets (Seagate SeaTools notes, Intel and Samsung SSD
// specifications), written as programs that read reports know them. The number of the
// attribute stands before the name; h and s behind it are for rotating and solid drives.
const common = `1 Raw_Read_Error_Rate
2 Throughput_Performance
3 Spin_Up_Time
4 Start_Stop_Count
5 Reallocated_Sector_Ct
6 Read_Channel_Margin h
7 Seek_Error_Rate h
8 Seek_Time_Performance h
9 Power_On_Hours
10 Spin_Retry_Count h
11 Calibration_Retry_Count h
12 Power_Cycle_Count
13 Read_Soft_Error_Rate
22 Helium_Level h
171 Program_Fail_Count s
172 Erase_Fail_Count s
173 Wear_Leveling_Count s
174 Unexpect_Power_Loss_Ct s
175 Program_Fail_Count_Chip s
176 Erase_Fail_Count_Chip s
177 Wear_Leveling_Count s
179 Used_Rsvd_Blk_Cnt_Tot s
180 Unused_Rsvd_Blk_Cnt_Tot s
181 Program_Fail_Cnt_Total
182 Erase_Fail_Count_Total s
183 Runtime_Bad_Block
184 End-to-End_Error
187 Reported_Uncorrect
188 Command_Timeout
189 High_Fly_Writes h
190 Airflow_Temperature_Cel
191 G-Sense_Error_Rate h
192 Power-Off_Retract_Count
193 Load_Cycle_Count h
194 Temperature_Celsius
195 Hardware_ECC_Recovered
196 Reallocated_Event_Count
197 Current_Pending_Sector
198 Offline_Uncorrectable
199 UDMA_CRC_Error_Count
200 Multi_Zone_Error_Rate h
201 Soft_Read_Error_Rate h
202 Data_Address_Mark_Errs h
220 Disk_Shift h
222 Loaded_Hours h
223 Load_Retry_Count h
224 Load_Friction h
225 Load_Cycle_Count h
226 Load-in_Time h
232 Available_Reservd_Space
233 Media_Wearout_Indicator s
240 Head_Flying_Hours h
241 Total_LBAs_Written
242 Total_LBAs_Read
250 Read_Error_Retry_Rate
254 Free_Fall_Sensor h
`

func builtin() *Presets {
	p := &Presets{}
	for _, line := range strings.Split(strings.TrimSpace(common), "\n") {
		words := strings.Fields(line)
		r := Rule{Name: words[1]}
		if len(words) > 2 {
			r.For = map[string]string{"h": "HDD", "s": "SSD"}[words[2]]
		}
		id := 0
		for _, c := range words[0] {
			id = 10*id + int(c-'0')
		}
		p.put(byte(id), r)
	}
	return p
}
